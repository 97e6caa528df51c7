import { LockstepError } from '../errors.ts';
import { describeJson, JsonRefused, parseJson } from '../files/parseJson.ts';
import { elementCount } from './spec.ts';

/**
 * The header of the safetensors format (huggingface.co/docs/safetensors): 8 bytes of length, little-endian, then as many
 * of JSON: tensors { dtype, shape, data_offsets } and string metadata. The data follows. Read with suspicion: every
 * length, name, shape and offset is checked before anything is done with it.
 */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their data, which they cover without gap or overlap. */
  readonly tensors: readonly TensorPlace[];
  /** Where the data begins in the file, in bytes. */
  readonly dataBegin: number;
}

/** A float32 tensor in the file. Names are only names: nothing is ever made of them but keys. */
export interface TensorPlace {
  readonly name: string;
  readonly shape: readonly number[];
  /** Bytes of the data section: [begin, end). */
  readonly begin: number;
  readonly end: number;
}

/** Bytes of the length in front of the header. */
export const LENGTH_BYTES = 8;

/**
 * Longest header that is written or read, in bytes. An entry takes about a hundred, so it names 150,000 tensors, or the
 * losses and hashes of 100,000 epochs; and JSON of this size is parsed within about 100 ms and 100 MB.
 */
export const HEADER_LIMIT: number = 16 * 1024 * 1024;

const DATA_ALIGNMENT = 8;

/** { name: { shape: [ … ] } }, and about five values a tensor. */
const JSON_LIMITS = { depth: 3, values: 2_000_000 };

/** As many as NumPy and PyTorch take. */
const DIMENSION_LIMIT = 64;

/**
 * Length and JSON of a header, padded with spaces, so that data lies on multiples of 8. Names have to differ and to be
 * well-formed Unicode, and `__metadata__` is the format's own (INVALID_OPTION).
 */
export function encodeHeader(
  metadata: Readonly<Record<string, string>>,
  tensors: readonly { readonly name: string; readonly shape: readonly number[]; readonly data: Float32Array }[],
): Uint8Array {
  const names = new Set(['__metadata__']);
  // Put together by hand: an object would move names such as "0" to the front, and lose `__proto__`.
  const texts = [`"__metadata__":${JSON.stringify(metadata)}`];
  let end = 0;
  for (const { name, shape, data } of tensors) {
    if (names.has(name) || !name.isWellFormed()) {
      throw refusal('tensor names that differ, are Unicode, and none of them __metadata__', describeJson(name));
    }
    if (data.length !== elementCount(shape) || shape.length > DIMENSION_LIMIT) {
      throw refusal(
        `${data.length} elements, in up to ${DIMENSION_LIMIT} dimensions`,
        `${name} ${describeShape(shape)}`,
      );
    }
    names.add(name);
    const entry = { dtype: 'F32', shape, data_offsets: [end, end + data.byteLength] };
    texts.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    end += data.byteLength;
  }
  for (const [name, value] of Object.entries(metadata)) {
    if (!name.isWellFormed() || !value.isWellFormed()) throw refusal('metadata of Unicode', describeJson(name));
  }
  const json = new TextEncoder().encode(`{${texts.join(',')}}`);
  const bytes = Math.ceil(json.length / DATA_ALIGNMENT) * DATA_ALIGNMENT;
  if (bytes > HEADER_LIMIT) throw refusal(`a header of at most ${HEADER_LIMIT} bytes`, `${bytes}`);
  const header = new Uint8Array(LENGTH_BYTES + bytes).fill(0x20, LENGTH_BYTES);
  new DataView(header.buffer).setBigUint64(0, BigInt(bytes), true);
  header.set(json, LENGTH_BYTES);
  return header;
}

function refusal(expected: string, received: string): LockstepError {
  const advice = 'Rename the tensor, or store less in one file.';
  return new LockstepError('INVALID_OPTION', { place: 'encodeSafetensors', expected, received, advice });
}

/** FILE_INVALID for a file of which `place` is the name. */
export function invalidSafetensors(place: string, expected: string, received: string): LockstepError {
  return new LockstepError('FILE_INVALID', {
    place,
    expected,
    received,
    advice: 'The file is not safetensors, or was cut short or damaged; take another copy.',
  });
}

/**
 * The header's bytes, from the first 8 bytes of a file and the file's size: checked before anything of that length is
 * allocated. Throws FILE_INVALID.
 */
export function headerLength(
  start: Uint8Array,
  fileBytes: number,
  place: string,
  limit: number = HEADER_LIMIT,
): number {
  if (fileBytes < LENGTH_BYTES || start.length < LENGTH_BYTES) {
    throw invalidSafetensors(place, `at least ${LENGTH_BYTES} bytes`, `${Math.min(fileBytes, start.length)}`);
  }
  // Beyond 2^53 it is rounded, and by far too large.
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  const most = Math.min(limit, fileBytes - LENGTH_BYTES);
  if (length > most) throw invalidSafetensors(place, `a header of at most ${most} bytes`, `${length}`);
  return length;
}

/** Parses and checks the header's JSON for a file of `fileBytes` bytes. Throws FILE_INVALID. */
export function decodeHeader(json: Uint8Array, fileBytes: number, place: string): SafetensorsHeader {
  const invalid = (expected: string, received: string): LockstepError => invalidSafetensors(place, expected, received);
  const header = parseHeader(json, invalid);
  const dataBegin = LENGTH_BYTES + json.length;
  const dataBytes = fileBytes - dataBegin;
  const tensors = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => checkEntry(name, entry, dataBytes, invalid));
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== covered) {
      throw invalid(`data of ${describeJson(name)} to begin at ${covered}, without gap or overlap`, `${begin}`);
    }
    covered = end;
  }
  if (covered !== dataBytes) throw invalid(`${covered} bytes of data, as the header says`, `${dataBytes}`);
  const metadata = Object.hasOwn(header, '__metadata__') ? header['__metadata__'] : {};
  return { metadata: checkMetadata(metadata, invalid), tensors, dataBegin };
}

type Invalid = (expected: string, received: string) => LockstepError;

function parseHeader(bytes: Uint8Array, invalid: Invalid): Record<string, unknown> {
  let header: unknown;
  try {
    // A byte order mark stays, and is then no JSON.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = parseJson(text, JSON_LIMITS);
  } catch (cause) {
    throw invalid('a header of JSON', cause instanceof JsonRefused ? cause.message : 'bytes that are not UTF-8');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw invalid('a header that is a JSON object', describeJson(header));
  }
  // The format says so; other readers may tell files apart by it.
  if (bytes[0] !== 0x7b) throw invalid('a header that begins with {', `byte ${bytes[0]}`);
  return header as Record<string, unknown>;
}

function checkEntry(name: string, entry: unknown, dataBytes: number, invalid: Invalid): TensorPlace {
  const what = describeJson(name);
  if (!name.isWellFormed()) throw invalid('names of Unicode', what);
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (dtype !== 'F32') throw invalid(`${what} to be of dtype F32`, describeJson(dtype));
  if (!Array.isArray(shape) || shape.length > DIMENSION_LIMIT || !shape.every(isCount)) {
    throw invalid(`${what} to have a shape of up to ${DIMENSION_LIMIT} whole numbers`, describeShape(shape));
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw invalid(`${what} to have two data offsets`, describeShape(offsets));
  }
  const [begin, end] = offsets as [number, number];
  // A product beyond 2^53 is rounded, but then also beyond every file, and stays so unless it meets a 0.
  const bytes = shape.reduce((product: number, dimension) => product * dimension, 4);
  if (end - begin !== bytes || end > dataBytes) {
    throw invalid(
      `${what} of shape ${describeShape(shape)} to take ${bytes} of ${dataBytes} bytes`,
      `[${begin}, ${end}]`,
    );
  }
  return { name, shape, begin, end };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

function describeShape(value: unknown): string {
  if (!Array.isArray(value)) return describeJson(value);
  return value.length > 8 ? describeJson(value) : `[${value.map(describeJson).join(', ')}]`;
}

function checkMetadata(metadata: unknown, invalid: Invalid): Record<string, string> {
  const valid =
    typeof metadata === 'object' &&
    metadata !== null &&
    !Array.isArray(metadata) &&
    Object.entries(metadata).every(([name, value]) => {
      return typeof value === 'string' && name.isWellFormed() && value.isWellFormed();
    });
  if (!valid) throw invalid('metadata that maps names to strings of Unicode', describeJson(metadata));
  return metadata as Record<string, string>;
}
