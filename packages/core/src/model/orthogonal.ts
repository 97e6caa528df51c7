/**
 * Makes the columns of a matrix [rows, columns], rows ≥ columns, row-major, orthonormal in place: Q of its decomposition
 * A = Q·R whose R has a positive diagonal. By Householder's reflections, in float64, by +, −, ×, ÷ and √ alone.
 */
export function orthonormalize(a: Float64Array, rows: number, columns: number): void {
  // Column j of the lower triangle keeps reflection j, I − v·vᵀ·(2/vᵀv); the diagonal of R is kept aside for its signs.
  const diagonal = new Float64Array(columns);
  const vectors = new Float64Array(rows * columns);
  for (let j = 0; j < columns; j++) {
    let square = 0;
    for (let i = j; i < rows; i++) square += a[i * columns + j] ** 2;
    const norm = Math.sqrt(square);
    const pivot = a[j * columns + j];
    const target = pivot > 0 ? -norm : norm;
    diagonal[j] = target;
    for (let i = j; i < rows; i++) vectors[i * columns + j] = a[i * columns + j];
    vectors[j * columns + j] -= target;
    for (let column = j + 1; column < columns; column++) reflect(a, columns, column, vectors, j, rows);
  }
  a.fill(0);
  for (let j = 0; j < columns; j++) a[j * columns + j] = diagonal[j] < 0 ? -1 : 1;
  for (let j = columns - 1; j >= 0; j--) {
    for (let column = j; column < columns; column++) reflect(a, columns, column, vectors, j, rows);
  }
}

/** Reflects one column of `a` at the vector in column j of `vectors`. */
function reflect(
  a: Float64Array,
  columns: number,
  column: number,
  vectors: Float64Array,
  j: number,
  rows: number,
): void {
  let square = 0;
  let product = 0;
  for (let i = j; i < rows; i++) {
    const value = vectors[i * columns + j];
    square += value * value;
    product += value * a[i * columns + column];
  }
  if (square === 0) return;
  const factor = (2 * product) / square;
  for (let i = j; i < rows; i++) a[i * columns + column] -= factor * vectors[i * columns + j];
}
