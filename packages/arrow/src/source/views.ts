/** All ways to look at the window's buffer, made once per buffer. */
export interface WindowViews {
  readonly uint8: Uint8Array;
  readonly int8: Int8Array;
  readonly uint16: Uint16Array;
  readonly int16: Int16Array;
  readonly uint32: Uint32Array;
  readonly int32: Int32Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

/** `bytes` is rounded up to a multiple of 8. */
export function allocateViews(bytes: number): WindowViews {
  const buffer = new ArrayBuffer(Math.ceil(bytes / 8) * 8);
  return {
    uint8: new Uint8Array(buffer),
    int8: new Int8Array(buffer),
    uint16: new Uint16Array(buffer),
    int16: new Int16Array(buffer),
    uint32: new Uint32Array(buffer),
    int32: new Int32Array(buffer),
    float32: new Float32Array(buffer),
    float64: new Float64Array(buffer),
  };
}
