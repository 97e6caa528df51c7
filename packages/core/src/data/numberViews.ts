/** All ways to look at the numbers of a buffer, made once per buffer. */
export interface NumberViews {
  readonly uint8: Uint8Array;
  readonly int8: Int8Array;
  readonly uint16: Uint16Array;
  readonly int16: Int16Array;
  readonly uint32: Uint32Array;
  readonly int32: Int32Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

/** Views of the whole buffer; of what is left behind its last 8 bytes where those are not whole, only some. */
export function viewsOf(buffer: ArrayBufferLike): NumberViews {
  const bytes = buffer.byteLength;
  return {
    uint8: new Uint8Array(buffer),
    int8: new Int8Array(buffer),
    uint16: new Uint16Array(buffer, 0, Math.floor(bytes / 2)),
    int16: new Int16Array(buffer, 0, Math.floor(bytes / 2)),
    uint32: new Uint32Array(buffer, 0, Math.floor(bytes / 4)),
    int32: new Int32Array(buffer, 0, Math.floor(bytes / 4)),
    float32: new Float32Array(buffer, 0, Math.floor(bytes / 4)),
    float64: new Float64Array(buffer, 0, Math.floor(bytes / 8)),
  };
}
