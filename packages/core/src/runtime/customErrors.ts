import { LockstepError } from '../errors.ts';
import type { PlannedCustomLayer } from '../plan/plan.ts';

// What goes wrong in layers that users wrote. It would come again in another thread, so these errors end a run.

type Place = Pick<PlannedCustomLayer, 'name' | 'layer' | 'module'>;

/** `member`: of the definition; `row`: of the batch. */
export function customLayerFailed(layer: Place, member: string, row: number, cause: unknown): LockstepError {
  if (cause instanceof LayerMistake) return cause;
  return new LayerMistake({
    place: `layer "${layer.name}", row ${row} of the batch: ${member} of ${layer.module}`,
    expected: 'the function to return',
    received: describe(cause),
    advice: 'See `cause`. The weights are those of the last completed step.',
    cause,
  });
}

/** `index`: of the first number that is none. */
export function gaveNoNumbers(layer: Place, member: string, row: number, index: number): LockstepError {
  const [array, written] = ARRAYS[member] ?? ['gradient', 'Reading'];
  return new LayerMistake({
    place: `layer "${layer.name}", row ${row} of the batch: ${member} of ${layer.module}`,
    expected: `numbers in ${array}`,
    received: `NaN in ${array}[${index}], though all that the function was given is finite`,
    advice:
      `${written} beyond the end of an array gives undefined, which becomes NaN; so do 0 / 0 and Infinity - Infinity. ` +
      'The weights are those of the last completed step.',
  });
}

const ARRAYS: Readonly<Record<string, readonly [string, string]>> = {
  forward: ['output', 'Every number is to be written: what is not, is NaN. Reading'],
  backward: ['inputGradient', 'Every number is to be written: what is not, is NaN. Reading'],
};

export function moduleFailed(layer: Place, cause: unknown): LockstepError {
  return new LockstepError('LAYER_FAILED', {
    place: `layer "${layer.name}"`,
    expected: `the module ${layer.module}, which each thread imports`,
    received: describe(cause),
    advice: 'See `cause`. A module that holds a layer is imported in threads, and should do nothing else when it is.',
    cause,
  });
}

export function notExported(layer: Place, exported: readonly string[]): LockstepError {
  return new LockstepError('LAYER_FAILED', {
    place: `layer "${layer.name}"`,
    expected: `the layer "${layer.layer}" among the exports of ${layer.module}, where threads look for it`,
    received: exported.length === 0 ? 'no exports' : exported.join(', '),
    advice: 'Write: export const … = defineLayer(import.meta.url, { … }).',
  });
}

export function isProgram(layer: Place): LockstepError {
  return new LockstepError('LAYER_FAILED', {
    place: `layer "${layer.name}"`,
    expected: 'a layer in a module of its own',
    received: `${layer.module}, the program itself`,
    advice:
      'Threads import the module, and would run the program again: move the layer to another file, and import it.',
  });
}

export function moduleChanged(layer: Place): LockstepError {
  return new LockstepError('FILE_CHANGED', {
    place: `layer "${layer.name}": ${layer.module}`,
    expected: 'the module as it was when the program imported it',
    received: 'another',
    advice:
      'Threads would compute something else. Start the program again; a run goes on from a checkpoint only with the old module.',
  });
}

/** Tells in which step it happened. Other errors as they are. */
export function inStep(error: LockstepError, step: string): LockstepError {
  if (error.code !== 'LAYER_FAILED') return error;
  const { place, expected, received, advice, cause } = error;
  return new LockstepError(error.code, { place: `${step}, ${place}`, expected, received, advice, cause });
}

/** So that what was said already is not said again, and what a user throws is. */
class LayerMistake extends LockstepError {
  constructor(details: ConstructorParameters<typeof LockstepError>[1]) {
    super('LAYER_FAILED', details);
  }
}

/** With the line where it was thrown: errors lose their stacks between threads. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const frame = cause.stack?.split('\n').find((line) => /^\s+at /.test(line));
  return `${cause.name}: ${cause.message}${frame === undefined ? '' : `, ${frame.trim()}`}`;
}
