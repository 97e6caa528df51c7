import { createHash } from 'node:crypto';
import { type AtomicFile, writeAtomically } from '../files/atomicFile.ts';
import { hasUnknownLayers } from '../model/customLayers.ts';
import { bytesOf, type Tensor } from '../model/safetensors.ts';
import { readSafetensors, readSafetensorsHeader } from '../model/safetensorsFile.ts';
import { encodeHeader, type TensorPlace } from '../model/safetensorsHeader.ts';
import type { ModelSpec } from '../model/spec.ts';
import { layOutModel } from '../plan/modelLayout.ts';
import {
  CHECKSUM_POSITION,
  type CheckpointHeader,
  checksumOf,
  decodeMetadata,
  EMPTY_CHECKSUM,
  encodeMetadata,
  invalidCheckpoint,
} from './format.ts';
import type { CheckpointState } from './state.ts';

/** Bytes that are hashed at once: a millisecond or two, in which the event loop stands. */
const PIECE_BYTES = 1024 * 1024;

/**
 * Writes a checkpoint, which appears whole or not at all, and returns its bytes. The arrays are hashed and written where
 * they are, in pieces between which the event loop runs; they must not change meanwhile. Throws FILE_NOT_WRITTEN, and
 * INVALID_DATA or INVALID_OPTION for a state that no reader would take.
 */
export function writeCheckpoint(path: string, state: CheckpointState): Promise<number> {
  const tensors = [...state.weights, ...state.extras];
  const header = encodeHeader(encodeMetadata(state), tensors);
  return writeAtomically(path, async (file) => {
    const checksum = await writeHashed(file, header, tensors);
    await file.overwrite(CHECKSUM_POSITION, Buffer.from(checksum, 'latin1'));
  });
}

async function writeHashed(file: AtomicFile, header: Uint8Array, tensors: readonly Tensor[]): Promise<string> {
  const hash = createHash('sha256');
  for (const bytes of [header, ...tensors.map(({ data }) => bytesOf(data))]) {
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      // Hashed here while a thread of the pool writes.
      const written = file.write(piece);
      hash.update(piece);
      await written;
    }
  }
  return hash.digest('hex');
}

/**
 * Reads a checkpoint. Whatever is returned is what was written, bit for bit: everything is checked against the model that
 * the file states, the file's checksum and the hash of the weights. Throws FILE_NOT_FOUND, FILE_INVALID, FILE_CHANGED, and
 * MEMORY_EXCEEDED when the system refuses the memory.
 */
export async function readCheckpoint(path: string): Promise<CheckpointState> {
  const { header, tensors } = await readChecked(path, 'all tensors');
  const parameters = countWeights(header.spec, tensors);
  return { ...header, weights: tensors.slice(0, parameters), extras: tensors.slice(parameters) };
}

/** Reads the model of a checkpoint, with the same checks; the other arrays are not kept. Throws as `readCheckpoint`. */
export async function readCheckpointModel(path: string): Promise<{ spec: ModelSpec; tensors: readonly Tensor[] }> {
  const { header, tensors } = await readChecked(path, 'weights');
  return { spec: header.spec, tensors };
}

/**
 * Reads a checkpoint's state without its arrays: a few KiB of even the largest file. The checksum, which is of the whole
 * file, is not checked. Throws FILE_NOT_FOUND, FILE_INVALID and FILE_CHANGED.
 */
export async function readCheckpointHeader(path: string): Promise<CheckpointHeader> {
  return decodeMetadata(await readSafetensorsHeader(path), path);
}

/** How many tensors are the model's parameters: they stand in front, under names of two parts, as nothing behind them has. */
function countWeights(spec: ModelSpec, tensors: readonly { readonly name: string }[]): number {
  if (!hasUnknownLayers(spec)) return layOutModel(spec).parameters.length;
  const end = tensors.findIndex(({ name }) => name.split('/').length !== 2);
  return end < 0 ? tensors.length : end;
}

async function readChecked(
  path: string,
  wanted: 'all tensors' | 'weights',
): Promise<{ header: CheckpointHeader; tensors: readonly Tensor[] }> {
  const ofFile = createHash('sha256');
  const ofWeights = createHash('sha256');
  let found: { readonly header: CheckpointHeader; readonly checksum: string } | null = null;
  let weights: ReadonlySet<TensorPlace> = new Set();
  const { tensors } = await readSafetensors(path, {
    accept: (places, bytes) => {
      const header = decodeMetadata(places, path);
      found = { header, checksum: checksumOf(bytes, path) };
      weights = new Set(places.tensors.slice(0, countWeights(header.spec, places.tensors)));
      ofFile.update(bytes.subarray(0, CHECKSUM_POSITION)).update(EMPTY_CHECKSUM);
      ofFile.update(bytes.subarray(CHECKSUM_POSITION + EMPTY_CHECKSUM.length));
      return (tensor) => wanted === 'all tensors' || weights.has(tensor);
    },
    onData: (piece, tensor) => {
      ofFile.update(piece);
      if (weights.has(tensor)) ofWeights.update(piece);
    },
  });
  // TypeScript does not see that `accept` was called.
  const { header, checksum } = found as unknown as { header: CheckpointHeader; checksum: string };
  const computed = ofFile.digest('hex');
  if (computed !== checksum) throw invalidCheckpoint(path, `SHA-256 ${checksum}, as the file says`, computed);
  const weightsHash = ofWeights.digest('hex');
  if (weightsHash !== header.weightsHash) {
    throw invalidCheckpoint(path, `weights of SHA-256 ${header.weightsHash}, as the file says`, weightsHash);
  }
  return { header, tensors };
}
