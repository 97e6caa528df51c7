// What the functions of users work on: rows in arrays of their own, copied from the memory and back.

/** From an address on. */
export function takeRow(values: Float64Array, memory: Float32Array, address: number): void {
  const at = address >>> 2;
  for (let i = 0; i < values.length; i++) values[i] = memory[at + i];
}

/** To an address, times a factor. Returns whether all are numbers. */
export function giveRow(values: Float64Array, memory: Float32Array, address: number, factor = 1): boolean {
  const at = address >>> 2;
  let sound = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    memory[at + i] = factor * value;
    if (Number.isNaN(value)) sound = false;
  }
  return sound;
}

export function areFinite(values: Float64Array | Float32Array): boolean {
  return values.every(Number.isFinite);
}
