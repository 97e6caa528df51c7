/**
 * Prints the polynomials of `assembly/functions.ts`: minimax approximations by Remez's exchange algorithm, in float64.
 * Usage: node packages/kernels/build/minimax.ts
 */
import { complementaryErrorFunction, errorFunction } from '../src/testing/errorFunction.ts';

interface Approximation {
  name: string;
  /** What is approximated on [from, to], and by what its error is multiplied to be that of the result, relatively. */
  target(x: number): number;
  weight(x: number): number;
  from: number;
  to: number;
  degree: number;
}

/** Where erf goes over from its own polynomial to the exponential of another. */
const ERF_LIMIT = 0.9;
/** Where tanh goes over from its polynomial to exp. */
const TANH_LIMIT = 0.6;

const APPROXIMATIONS: readonly Approximation[] = [
  {
    name: 'LOG: (log(1 + f) - f + f²/2) / f³',
    target: (f) => (Math.abs(f) < 1e-2 ? logSeries(f) : (Math.log1p(f) - f + (f * f) / 2) / f ** 3),
    weight: (f) => (Math.abs(f) < 1e-2 ? f * f : Math.abs(f ** 3 / Math.log1p(f))),
    from: Math.SQRT1_2 - 1,
    to: Math.SQRT2 - 1,
    degree: 7,
  },
  {
    name: 'TANH: (tanh(x) - x) / x³, in x²',
    target: (s) => (s < 1e-3 ? tanhSeries(s) : (Math.tanh(Math.sqrt(s)) / Math.sqrt(s) - 1) / s),
    weight: (s) => (s < 1e-3 ? s : s ** 1.5 / Math.tanh(Math.sqrt(s))),
    from: 1e-6,
    to: TANH_LIMIT ** 2,
    degree: 4,
  },
  {
    name: 'ERF: erf(x) / x - 1, in x²',
    target: (s) => (s < 1e-12 ? 2 / Math.sqrt(Math.PI) : errorFunction(Math.sqrt(s)) / Math.sqrt(s)) - 1,
    weight: (s) => (s < 1e-12 ? 1 : Math.sqrt(s) / errorFunction(Math.sqrt(s))),
    from: 0,
    to: ERF_LIMIT ** 2,
    degree: 5,
  },
  {
    name: 'ERFC: log(erfc(x))',
    target: (x) => Math.log(complementaryErrorFunction(x)),
    weight: (x) => complementaryErrorFunction(x) / errorFunction(x),
    from: ERF_LIMIT,
    to: 4,
    degree: 6,
  },
];

/** log(1 + f) without its first two terms, divided by f³. */
function logSeries(f: number): number {
  let sum = 0;
  for (let n = 20; n >= 3; n--) sum = sum * f + (n % 2 === 0 ? -1 : 1) / n;
  return sum;
}

/** (tanh(x) - x) / x³ by its first terms, s = x². */
function tanhSeries(s: number): number {
  return -1 / 3 + s * (2 / 15 + s * (-17 / 315 + s * (62 / 2835)));
}

/** The coefficients, lowest first, and the largest weighted error. */
function minimax({ target, weight, from, to, degree }: Approximation): { coefficients: number[]; error: number } {
  const count = degree + 2;
  const middle = (from + to) / 2;
  let points = Array.from(
    { length: count },
    (_, i) => middle - ((to - from) / 2) * Math.cos((Math.PI * i) / (count - 1)),
  );
  let coefficients: number[] = [];
  let error = 0;
  for (let round = 0; round < 30; round++) {
    // p(x) + (-1)^i · e / weight(x) = target(x) at every point: the error swings from -e to e.
    const rows = points.map((x, i) => [
      ...Array.from({ length: degree + 1 }, (_, power) => x ** power),
      (-1) ** i / weight(x),
      target(x),
    ]);
    coefficients = solve(rows).slice(0, degree + 1);
    const errorAt = (x: number): number => (target(x) - evaluate(coefficients, x)) * weight(x);
    points = extremes(errorAt, from, to, count);
    error = Math.max(...points.map((x) => Math.abs(errorAt(x))));
  }
  return { coefficients, error };
}

/** The `count` neighbouring extremes of alternating sign, from a fine grid. */
function extremes(errorAt: (x: number) => number, from: number, to: number, count: number): number[] {
  const found: { x: number; error: number }[] = [];
  const steps = 20_000;
  for (let i = 0; i <= steps; i++) {
    const x = from + ((to - from) * i) / steps;
    const error = errorAt(x);
    const last = found.at(-1);
    if (!last || Math.sign(last.error) !== Math.sign(error)) found.push({ x, error });
    else if (Math.abs(error) > Math.abs(last.error)) found[found.length - 1] = { x, error };
  }
  while (found.length > count) {
    if (Math.abs(found[0].error) < Math.abs(found[found.length - 1].error)) found.shift();
    else found.pop();
  }
  if (found.length < count) throw new Error('The error swings too seldom.');
  return found.map(({ x }) => x);
}

/** Solves linear equations, given as rows with their right side last, by elimination with pivots. */
function solve(rows: number[][]): number[] {
  const n = rows.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column; row < n; row++) if (Math.abs(rows[row][column]) > Math.abs(rows[pivot][column])) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const factor = rows[row][column] / rows[column][column];
      for (let i = column; i <= n; i++) rows[row][i] -= factor * rows[column][i];
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}

function evaluate(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

for (const approximation of APPROXIMATIONS) {
  const { coefficients, error } = minimax(approximation);
  console.log(`${approximation.name}, degree ${approximation.degree}, relative error ${error.toExponential(2)}:`);
  for (const coefficient of coefficients.toReversed()) console.log(`  ${Math.fround(coefficient).toPrecision(9)},`);
}
