import { decodeHeader, encodeHeader, headerLength, LENGTH_BYTES } from './safetensorsHeader.ts';

/** Float32 arrays with names, as safetensors files hold them (safetensorsHeader.ts has the format). */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Elements in row-major order. */
  readonly data: Float32Array;
}

export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly Tensor[];
}

/**
 * Encodes float32 tensors, in their order. Throws INVALID_OPTION for two of one name, a name of `__metadata__`, which the
 * format uses itself, text that is not Unicode, and a header of more than 16 MiB.
 */
export function encodeSafetensors({ metadata, tensors }: TensorFile): Uint8Array {
  const header = encodeHeader(metadata, tensors);
  const dataBytes = tensors.reduce((sum, { data }) => sum + data.byteLength, 0);
  const file = new Uint8Array(header.length + dataBytes);
  file.set(header);
  let offset = header.length;
  for (const { data } of tensors) {
    file.set(bytesOf(data), offset);
    offset += data.byteLength;
  }
  return file;
}

/** Decodes float32 tensors, in the order of their data. `place` names the file in errors. Throws FILE_INVALID. */
export function decodeSafetensors(file: Uint8Array, place: string): TensorFile {
  const headerBytes = headerLength(file.subarray(0, LENGTH_BYTES), file.length, place);
  const json = file.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  const { metadata, tensors, dataBegin } = decodeHeader(json, file.length, place);
  return {
    metadata,
    tensors: tensors.map(({ name, shape, begin, end }) => {
      // Copied out: the data may begin at an address that is not a multiple of 4. (A Buffer's `slice` would not copy.)
      const bytes = new Uint8Array(file.subarray(dataBegin + begin, dataBegin + end));
      return { name, shape, data: new Float32Array(bytes.buffer) };
    }),
  };
}

/** A view on the bytes of an array. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
