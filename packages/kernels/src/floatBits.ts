const float32 = new Float32Array(1);
const int32 = new Int32Array(float32.buffer);

/** The int32 that has the bits of the float32 nearest to `value`: how kernels are given numbers that are not integers. */
export function floatBits(value: number): number {
  float32[0] = value;
  return int32[0];
}

/** The float32 that has these bits. */
export function floatOfBits(bits: number): number {
  int32[0] = bits;
  return float32[0];
}
