import type { CheckpointState } from '../checkpoint/state.ts';
import { LockstepError } from '../errors.ts';
import type { Tensor } from '../model/safetensors.ts';
import type { Callback } from './callbacks.ts';

const PREFIX = 'callback/';

/** What callbacks remember, for a checkpoint: JSON by name, and arrays. */
export function callbackStates(callbacks: readonly Callback[]): {
  readonly states: Readonly<Record<string, unknown>>;
  readonly tensors: readonly Tensor[];
} {
  const states: Record<string, unknown> = {};
  const tensors: Tensor[] = [];
  for (const { callback, name } of remembering(callbacks)) {
    const { json, tensors: own = {} } = callback.saveState();
    states[name] = json;
    for (const [key, data] of Object.entries(own)) {
      tensors.push({ name: `${PREFIX}${name}/${key}`, shape: [data.length], data: Float32Array.from(data) });
    }
  }
  return { states, tensors };
}

/** Gives callbacks back what a checkpoint holds for them. One that it does not know starts afresh. */
export function restoreCallbacks(callbacks: readonly Callback[], { callbacks: states, extras }: CheckpointState): void {
  for (const { callback, name } of remembering(callbacks)) {
    if (!Object.hasOwn(states, name)) continue;
    const prefix = `${PREFIX}${name}/`;
    const own = extras.filter((tensor) => tensor.name.startsWith(prefix));
    const tensors = Object.fromEntries(own.map((tensor) => [tensor.name.slice(prefix.length), tensor.data]));
    callback.loadState?.({ json: states[name], tensors });
  }
}

/** Throws INVALID_OPTION when two of them have the same name, or one has none. */
export function checkCallbackNames(callbacks: readonly Callback[]): void {
  const names = remembering(callbacks).map(({ name }) => name);
  const wrong = names.find((name, index) => name === '' || name.includes('/') || names.indexOf(name) !== index);
  if (wrong === undefined) return;
  throw new LockstepError('INVALID_OPTION', {
    place: 'fit.callbacks',
    expected: 'a name of its own, without a slash, for each callback with saveState',
    received: wrong === '' ? 'a callback without a name' : `"${wrong}"${wrong.includes('/') ? '' : ' twice'}`,
    advice: 'Checkpoints keep what callbacks remember under their names.',
  });
}

interface Remembering {
  readonly name: string;
  readonly callback: Callback & Required<Pick<Callback, 'saveState'>>;
}

function remembering(callbacks: readonly Callback[]): Remembering[] {
  return callbacks
    .filter((callback): callback is Remembering['callback'] => callback.saveState !== undefined)
    .map((callback) => ({ name: callback.name ?? '', callback }));
}

/** For what a callback finds in a checkpoint that is not what it has put there. */
export function invalidCallbackState(name: string, json: unknown): LockstepError {
  return new LockstepError('FILE_INVALID', {
    place: `${name}: its state in the checkpoint`,
    expected: 'what this callback has put there',
    received: (JSON.stringify(json) ?? 'nothing').slice(0, 80),
    advice: 'Was the checkpoint written by another version of Lockstep? Resume from another one.',
  });
}
