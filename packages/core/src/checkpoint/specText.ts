import { type ErrorDetails, LockstepError } from '../errors.ts';
import { describeJson, JsonRefused, parseJson, shorten } from '../files/parseJson.ts';
import { checkSpec } from '../model/build.ts';
import type { ModelSpec } from '../model/spec.ts';

/** Where a model's specification stands in the metadata of a file, be it a model's or a checkpoint's. */
export const SPEC_KEY = 'lockstep.spec';

/** Enough for a model of 15,000 layers, whose check takes a tenth of a second, and for the options of layers that users wrote. */
const SPEC_LIMITS = { depth: 12, values: 200_000 };

/** The specification of a file's metadata. `place` names the file. Throws INVALID_MODEL. */
export function parseSpec(metadata: Readonly<Record<string, string>>, place: string): ModelSpec {
  if (!Object.hasOwn(metadata, SPEC_KEY)) {
    throw new LockstepError('INVALID_MODEL', {
      place,
      expected: `metadata "${SPEC_KEY}", which model.save writes`,
      received: `metadata ${Object.keys(metadata).slice(0, 8).map(describeJson).join(', ') || 'without entries'}`,
      advice: 'Weights from another program go into a model with setWeights.',
    });
  }
  try {
    return checkSpec(parseJson(metadata[SPEC_KEY], SPEC_LIMITS), place);
  } catch (cause) {
    const problem =
      cause instanceof LockstepError ? cause : notOne(cause instanceof JsonRefused ? cause.message : String(cause));
    throw new LockstepError('INVALID_MODEL', {
      // Places inside of a model do not name the file.
      place: problem.place.startsWith(place) ? problem.place : `${place}, ${SPEC_KEY}: ${problem.place}`,
      expected: problem.expected,
      received: shorten(problem.received, 200),
      advice: problem.advice,
      cause,
    });
  }
}

function notOne(received: string): ErrorDetails {
  const advice = 'The file was damaged or written by another program; take another copy.';
  return { place: 'the model', expected: 'a specification as JSON', received, advice };
}
