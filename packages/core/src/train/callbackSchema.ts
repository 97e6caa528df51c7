import * as v from 'valibot';
import { nearestName } from '../model/spelling.ts';
import type { Callback } from './callbacks.ts';

const CALLBACK_NAMES = [
  ...(['onTrainBegin', 'onEpochBegin', 'onBatchBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd'] as const),
  ...(['onProgress', 'onCheckpoint', 'onThreadRestart'] as const),
] as const satisfies (keyof Callback)[];
export const CALLBACK_SENTENCE: string = `Their functions are named ${CALLBACK_NAMES.join(', ')}`;

/** Checked by name too: a function under another name would silently never be called. */
export const callbackSchema: v.GenericSchema<Callback> = v.custom<Callback>(
  (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const names = namesOf(value).filter((name) => /^on[A-Z]/.test(name));
    return names.length > 0 && names.every((name) => isCallbackName(name) && isFunctionOrNothing(value, name));
  },
  (issue) => `A callback is an object with functions that fit calls. ${hintFor(issue.input)}${CALLBACK_SENTENCE}`,
);

/** About what was given, where it is known what is wrong with it. */
function hintFor(given: unknown): string {
  if (typeof given === 'function')
    return `Give what ${given.name || 'the function'} returns, or an instance of the class. `;
  if (typeof given !== 'object' || given === null) return '';
  const wrong = namesOf(given).find((name) => /^on[A-Z_]/.test(name) && !isCallbackName(name));
  if (wrong === undefined) return '';
  const meant = nearestName(wrong, CALLBACK_NAMES);
  return meant === null ? `There is no ${wrong}. ` : `Write ${meant} instead of ${wrong}. `;
}

/** Names of an object and of the classes that made it. */
function namesOf(value: object): string[] {
  const names: string[] = [];
  for (let holder: unknown = value; holder !== Object.prototype && holder !== null;) {
    names.push(...Object.getOwnPropertyNames(holder));
    holder = Object.getPrototypeOf(holder);
  }
  return names;
}

function isCallbackName(name: string): boolean {
  return (CALLBACK_NAMES as readonly string[]).includes(name);
}

function isFunctionOrNothing(holder: object, name: string): boolean {
  const value = (holder as Record<string, unknown>)[name];
  return value === undefined || typeof value === 'function';
}
