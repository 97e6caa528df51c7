/**
 * A checkpoint as the metadata of a safetensors file, which other programs read too. Its tensors are the weights, under
 * their own names and in the model's order, then the extras. Metadata, text each:
 *
 * - `lockstep.sha256`: SHA-256 of the whole file, with the 64 digits of this value replaced by the digit 0. It comes
 *   first, so that it stands at the same byte of every file.
 * - `lockstep.spec`: the model, as in the files of `model.save`.
 * - `lockstep.checkpoint`: JSON of everything else, with `format` and `version`.
 */
import { LockstepError } from '../errors.ts';
import { describeJson, JsonRefused, parseJson, shorten } from '../files/parseJson.ts';
import { JSON_LIMITS, writeJson } from '../files/writeJson.ts';
import { hasUnknownLayers } from '../model/customLayers.ts';
import { LENGTH_BYTES, type SafetensorsHeader } from '../model/safetensorsHeader.ts';
import { formatShape, type ModelSpec } from '../model/spec.ts';
import { layOutModel } from '../plan/modelLayout.ts';
import { checkFields, type CheckpointFields, type Fail } from './fields.ts';
import { parseSpec, SPEC_KEY } from './specText.ts';
import type { CheckpointState } from './state.ts';

/** A checkpoint's state without its arrays: what the header of a file tells. */
export type CheckpointHeader = Omit<CheckpointState, 'weights' | 'extras'>;

export const CHECKSUM_KEY = 'lockstep.sha256';
export const CHECKPOINT_KEY = 'lockstep.checkpoint';

const FORMAT = 'lockstep-checkpoint';
const VERSION = 1;

/** What stands in for the checksum while it is computed. */
export const EMPTY_CHECKSUM: string = '0'.repeat(64);

/** How the JSON of every checkpoint begins, up to the checksum's first digit. */
const BEFORE_CHECKSUM = `{"__metadata__":{"${CHECKSUM_KEY}":"`;

/** Byte of the file at which the checksum's 64 digits begin. */
export const CHECKSUM_POSITION: number = LENGTH_BYTES + BEFORE_CHECKSUM.length;

/** The metadata of a state, with an empty checksum. Throws INVALID_DATA for a state that no reader would take. */
export function encodeMetadata(state: CheckpointState): Record<string, string> {
  const { spec, weights, extras: _, ...given } = state;
  const fail: Fail = (path, expected, received) => {
    const advice = 'This is a bug in Lockstep, or in a callback that gave the value.';
    return new LockstepError('INVALID_DATA', { place: `checkpoint: ${path}`, expected, received, advice });
  };
  const { configuration, position, stepState, record, callbacks, best, weightsHash } = checkFields(given, fail);
  requireParameters(spec, weights, fail);
  const fields = { configuration, position, stepState, record, callbacks, best, weightsHash };
  return {
    [CHECKSUM_KEY]: EMPTY_CHECKSUM,
    [SPEC_KEY]: JSON.stringify(spec),
    [CHECKPOINT_KEY]: writeJson({ format: FORMAT, version: VERSION, ...fields }, { place: 'checkpoint' }),
  };
}

/**
 * What a file's header tells, checked against the model that it states; names and shapes only where all its layers are known,
 * for of those that users wrote a file has the names alone. Throws FILE_INVALID.
 */
export function decodeMetadata(header: SafetensorsHeader, place: string): CheckpointHeader {
  const { metadata, tensors } = header;
  const fail: Fail = (path, expected, received) =>
    invalidCheckpoint(`${place}, ${shorten(path || CHECKPOINT_KEY, 200)}`, expected, shorten(received, 200));
  const fields = parseFields(metadata, place, fail);
  let spec: ModelSpec;
  try {
    spec = parseSpec(metadata, place);
    if (!hasUnknownLayers(spec)) requireParameters(spec, tensors, fail);
  } catch (cause) {
    if (!(cause instanceof LockstepError) || cause.code === 'FILE_INVALID') throw cause;
    // No model, or one beyond all memory.
    throw invalidCheckpoint(`${place}, ${SPEC_KEY}`, cause.expected, cause.received, cause);
  }
  return { ...fields, spec };
}

/** Whether a file with this metadata is a checkpoint, of whatever version. */
export function isCheckpoint(metadata: Readonly<Record<string, string>>): boolean {
  return Object.hasOwn(metadata, CHECKPOINT_KEY);
}

/** The checksum that a header states, at its place. `bytes`: the length and the JSON. Throws FILE_INVALID. */
export function checksumOf(bytes: Uint8Array, place: string): string {
  const end = CHECKSUM_POSITION + EMPTY_CHECKSUM.length;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', LENGTH_BYTES, end + 1);
  const checksum = text.slice(BEFORE_CHECKSUM.length, -1);
  if (text.startsWith(BEFORE_CHECKSUM) && text.endsWith('"') && /^[0-9a-f]{64}$/.test(checksum)) return checksum;
  throw invalidCheckpoint(place, `a SHA-256 of 64 hexadecimal digits at byte ${CHECKSUM_POSITION}`, describeJson(text));
}

export function invalidCheckpoint(place: string, expected: string, received: string, cause?: unknown): LockstepError {
  return new LockstepError('FILE_INVALID', {
    ...{ place, expected, received, cause },
    advice: 'The checkpoint was damaged, or changed by another program; resume from an older one.',
  });
}

function parseFields(metadata: Readonly<Record<string, string>>, place: string, fail: Fail): CheckpointFields {
  if (!isCheckpoint(metadata)) {
    throw new LockstepError('FILE_INVALID', {
      place,
      expected: `a checkpoint, with metadata "${CHECKPOINT_KEY}"`,
      received: Object.hasOwn(metadata, SPEC_KEY) ? 'a model, without it' : 'a file of another program, without it',
      advice: 'A run goes on from a checkpoint; loadModel reads models.',
    });
  }
  let value: unknown;
  try {
    value = parseJson(metadata[CHECKPOINT_KEY], JSON_LIMITS);
  } catch (cause) {
    throw fail('', 'JSON', cause instanceof JsonRefused ? cause.message : String(cause));
  }
  const { format, version, ...fields } = (value ?? {}) as Record<string, unknown>;
  if (format !== FORMAT) throw fail('format', `"${FORMAT}"`, describeJson(format));
  if (version !== VERSION) {
    if (!Number.isSafeInteger(version) || (version as number) < VERSION) {
      throw fail('version', `${VERSION}`, describeJson(version));
    }
    throw new LockstepError('FILE_INVALID', {
      place: `${place}, version`,
      expected: `a checkpoint of version ${VERSION}`,
      received: `version ${String(version)}, of a newer Lockstep`,
      advice: 'Go on with the version of Lockstep that wrote it, or a newer one.',
    });
  }
  return checkFields(fields, fail);
}

/** That the first tensors are the parameters of the model: their names and shapes, in order. */
function requireParameters(
  spec: ModelSpec,
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
  fail: Fail,
): void {
  for (const [index, { name, shape }] of layOutModel(spec).parameters.entries()) {
    const wanted = `${name} ${formatShape(shape)}`;
    if (index >= tensors.length) throw fail('weights', wanted, 'nothing');
    const tensor = tensors[index];
    const isSame = tensor.name === name && tensor.shape.length === shape.length;
    if (isSame && shape.every((dimension, axis) => dimension === tensor.shape[axis])) continue;
    throw fail(`tensor ${index}`, wanted, `${describeJson(tensor.name)} ${formatShape(tensor.shape.slice(0, 8))}`);
  }
}
