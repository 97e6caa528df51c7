import { LockstepError } from '../errors.ts';

/**
 * The safetensors format (huggingface.co/docs/safetensors): 8 bytes of header length, little-endian; a JSON header of
 * tensors { dtype, shape, data_offsets } and string metadata; then the data. Read with suspicion: every length and
 * offset is checked before it is used.
 */
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

/** Longest header that is read: enough for some hundred thousand tensors. */
const HEADER_LIMIT = 100 * 1024 * 1024;
const DATA_ALIGNMENT = 8;

/**
 * Encodes float32 tensors. The header is padded with spaces, so that data lies on multiples of 8. A tensor cannot be
 * named `__metadata__` (INVALID_OPTION): the format uses that name itself.
 */
export function encodeSafetensors({ metadata, tensors }: TensorFile): Uint8Array {
  // Without a prototype, so that even a tensor named `__proto__` is an entry like any other.
  const entries = Object.assign(Object.create(null) as Record<string, unknown>, { __metadata__: metadata });
  let end = 0;
  for (const { name, shape, data } of tensors) {
    if (Object.hasOwn(entries, name)) {
      throw new LockstepError('INVALID_OPTION', {
        place: 'encodeSafetensors',
        expected: 'tensor names that differ, and none of __metadata__',
        received: name,
        advice: 'Rename the tensor.',
      });
    }
    entries[name] = { dtype: 'F32', shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const headerBytes = Math.ceil(json.length / DATA_ALIGNMENT) * DATA_ALIGNMENT;
  const file = new Uint8Array(8 + headerBytes + end).fill(0x20, 8, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, 8);
  let offset = 8 + headerBytes;
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return file;
}

/** Decodes float32 tensors, in the order of their data. `place` names the file in errors. Throws FILE_INVALID. */
export function decodeSafetensors(file: Uint8Array, place: string): TensorFile {
  const invalid = (expected: string, received: string): LockstepError =>
    new LockstepError('FILE_INVALID', {
      place,
      expected,
      received,
      advice: 'The file is not safetensors, or was cut short or damaged; take another copy.',
    });
  if (file.length < 8) throw invalid('at least 8 bytes', `${file.length}`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > HEADER_LIMIT || headerBytes > file.length - 8) {
    throw invalid(`a header of at most ${Math.min(HEADER_LIMIT, file.length - 8)} bytes`, `${headerBytes}`);
  }
  const header = parseHeader(file.subarray(8, 8 + headerBytes), invalid);
  const dataBytes = file.length - 8 - headerBytes;
  const { __metadata__: metadata = {}, ...entries } = header;
  const placed = Object.entries(entries).map(([name, entry]) => checkEntry(name, entry, dataBytes, invalid));
  placed.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const tensor of placed) {
    if (tensor.begin !== end)
      throw invalid(`data of "${tensor.name}" to begin at ${end}, without gap or overlap`, `${tensor.begin}`);
    end = tensor.end;
  }
  if (end !== dataBytes) throw invalid(`${end} bytes of data, as the header says`, `${dataBytes}`);
  return {
    metadata: checkMetadata(metadata, invalid),
    tensors: placed.map(({ name, shape, begin, end: last }) => {
      // Copied out: the data may begin at an address that is not a multiple of 4. (A Buffer's `slice` would not copy.)
      const bytes = new Uint8Array(file.subarray(8 + headerBytes + begin, 8 + headerBytes + last));
      return { name, shape, data: new Float32Array(bytes.buffer) };
    }),
  };
}

type Invalid = (expected: string, received: string) => LockstepError;

function parseHeader(bytes: Uint8Array, invalid: Invalid): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid('a header of JSON', String(cause));
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw invalid('a header that is a JSON object', typeof header);
  }
  return header as Record<string, unknown>;
}

function checkEntry(
  name: string,
  entry: unknown,
  dataBytes: number,
  invalid: Invalid,
): { name: string; shape: number[]; begin: number; end: number } {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (dtype !== 'F32') throw invalid(`"${name}" to be of dtype F32`, String(dtype));
  if (!Array.isArray(shape) || !shape.every(isCount)) throw invalid(`"${name}" to have a shape`, JSON.stringify(shape));
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw invalid(`"${name}" to have two data offsets`, JSON.stringify(offsets));
  }
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, dimension) => product * dimension, 4);
  if (end - begin !== bytes || end > dataBytes) {
    throw invalid(
      `"${name}" of shape [${shape.join(', ')}] to take ${bytes} of ${dataBytes} bytes`,
      `[${begin}, ${end}]`,
    );
  }
  return { name, shape, begin, end };
}

function checkMetadata(metadata: unknown, invalid: Invalid): Record<string, string> {
  const valid =
    typeof metadata === 'object' &&
    metadata !== null &&
    Object.values(metadata).every((value) => typeof value === 'string');
  if (!valid) throw invalid('metadata that maps names to strings', JSON.stringify(metadata).slice(0, 80));
  return metadata as Record<string, string>;
}
