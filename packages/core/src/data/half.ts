/** Half precision by table: `Float16Array` is missing in Node 22, and a table beats its conversion anyway. */
let table: Float32Array | undefined;

/** The value of each of the 65,536 bit patterns of IEEE 754 binary16; all of them are exact in float32. */
export function halfTable(): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfValue(bits));
  return table;
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
