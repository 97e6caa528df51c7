import { LockstepError } from '../errors.ts';
import { RegularFile } from '../files/regularFile.ts';
import { bytesOf, type Tensor, type TensorFile } from './safetensors.ts';
import {
  decodeHeader,
  HEADER_LIMIT,
  headerLength,
  invalidSafetensors,
  LENGTH_BYTES,
  type SafetensorsHeader,
  type TensorPlace,
} from './safetensorsHeader.ts';

/** What a reader is ready to take: whatever is beyond it is refused before it is read. */
export interface SafetensorsLimits {
  /** Of the header; default 16 MiB. */
  readonly headerBytes?: number;
  /** Of all tensors that are kept; default 16 GiB: four times what a model's memory can hold. */
  readonly dataBytes?: number;
}

export interface ReadOptions extends SafetensorsLimits {
  /**
   * Called with the header, and its bytes as they stand in the file, before any data is read. It may throw; it returns
   * whether a tensor is wanted. Default: all are.
   */
  readonly accept?: (header: SafetensorsHeader, headerBytes: Uint8Array) => (tensor: TensorPlace) => boolean;
  /**
   * Called with the data as it arrives, in pieces of up to 1 MiB, in the order of the file. With it tensors that are not
   * wanted are read too, and not kept; without it they are left out.
   */
  readonly onData?: (piece: Uint8Array, tensor: TensorPlace) => void;
}

const DATA_LIMIT = 16 * 2 ** 30;

/** Of tensors that nobody keeps. */
const SCRATCH_BYTES = 1024 * 1024;

/**
 * Reads float32 tensors, in the order of their data. The header is checked against the file's real size before any data
 * is read, and data goes into the tensors' own arrays, without a copy of the file in between. Throws FILE_NOT_FOUND,
 * FILE_INVALID, FILE_CHANGED, and MEMORY_EXCEEDED when the system refuses the memory.
 */
export function readSafetensors(path: string, options: ReadOptions = {}): Promise<TensorFile> {
  return RegularFile.use(path, async (file) => {
    const { header, bytes } = await readHeader(file, options.headerBytes);
    const isWanted = options.accept?.(header, bytes) ?? (() => true);
    const wanted = header.tensors.filter(isWanted);
    requireWithin(path, wanted, options.dataBytes ?? DATA_LIMIT);
    const tensors = await readTensors(file, header, new Set(wanted), options.onData);
    return { metadata: header.metadata, tensors };
  });
}

/** The header alone, checked against the file's size; no data is read. Throws as `readSafetensors` does. */
export function readSafetensorsHeader(path: string, limits: SafetensorsLimits = {}): Promise<SafetensorsHeader> {
  return RegularFile.use(path, async (file) => (await readHeader(file, limits.headerBytes)).header);
}

/** `bytes`: length and JSON, as they stand in the file. */
async function readHeader(
  file: RegularFile,
  limit: number = HEADER_LIMIT,
): Promise<{ header: SafetensorsHeader; bytes: Uint8Array }> {
  const start = new Uint8Array(Math.min(LENGTH_BYTES, file.size));
  await file.read(start, 0);
  const bytes = new Uint8Array(LENGTH_BYTES + headerLength(start, file.size, file.path, limit));
  await file.read(bytes, 0);
  // Read twice, so it might have changed in between.
  if (!start.every((byte, at) => byte === bytes[at])) {
    throw invalidSafetensors(file.path, 'a header that stays as it is', 'another length');
  }
  return { header: decodeHeader(bytes.subarray(LENGTH_BYTES), file.size, file.path), bytes };
}

async function readTensors(
  file: RegularFile,
  { tensors, dataBegin }: SafetensorsHeader,
  wanted: ReadonlySet<TensorPlace>,
  onData: ReadOptions['onData'],
): Promise<Tensor[]> {
  const read: Tensor[] = [];
  let scratch: Uint8Array | null = null;
  for (const tensor of tensors) {
    const { name, shape, begin, end } = tensor;
    const onPiece = onData && ((piece: Uint8Array) => onData(piece, tensor));
    if (wanted.has(tensor)) {
      const data = allocate(file.path, tensor);
      await file.read(bytesOf(data), dataBegin + begin, onPiece);
      read.push({ name, shape, data });
    } else if (onData) {
      scratch ??= new Uint8Array(SCRATCH_BYTES);
      for (let at = begin; at < end; at += SCRATCH_BYTES) {
        await file.read(scratch.subarray(0, Math.min(SCRATCH_BYTES, end - at)), dataBegin + at, onPiece);
      }
    }
  }
  return read;
}

function requireWithin(path: string, wanted: readonly TensorPlace[], limit: number): void {
  const bytes = wanted.reduce((sum, { begin, end }) => sum + end - begin, 0);
  if (bytes > limit) throw invalidSafetensors(path, `tensors of at most ${limit} bytes in all`, `${bytes} bytes`);
}

function allocate(path: string, { name, begin, end }: TensorPlace): Float32Array<ArrayBuffer> {
  try {
    return new Float32Array((end - begin) / Float32Array.BYTES_PER_ELEMENT);
  } catch (cause) {
    throw new LockstepError('MEMORY_EXCEEDED', {
      place: path,
      expected: 'memory for its tensors',
      received: `none for "${name}" of ${end - begin} bytes`,
      advice: 'Is it the right file? If so, free memory or read it on a larger machine.',
      cause,
    });
  }
}
