import { LockstepError } from '../errors.ts';
import { readingOf } from '../metrics/reading.ts';
import { lossName, type LossSpec } from '../model/losses.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { ModelLayout } from '../plan/modelLayout.ts';

/** A weight for each class: by its number, those left out being 1, or as a list of all. */
export type ClassWeights = Readonly<Record<number, number>> | readonly number[];

const EXAMPLES = 'classWeights: { 0: 1, 1: 5 } or [1, 5]';

/** What a user gave, its numbers checked. Throws INVALID_OPTION. */
export function checkClassWeights(value: unknown, place: string): ClassWeights | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || (ArrayBuffer.isView(value) && !('length' in value))) {
    throw invalid(place, 'weights by class', JSON.stringify(value) ?? typeof value, `For example: ${EXAMPLES}.`);
  }
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  const weights = isList ? Array.from(value as ArrayLike<unknown>) : { ...(value as Record<string, unknown>) };
  for (const [key, weight] of Object.entries(weights)) {
    if (!/^(0|[1-9]\d*)$/.test(key)) {
      throw invalid(
        `${place}.${key}`,
        'the number of a class',
        key,
        `Classes are numbered from 0. For example: ${EXAMPLES}.`,
      );
    }
    if (typeof weight === 'number' && Number.isFinite(Math.fround(weight)) && weight >= 0) continue;
    const received = typeof weight === 'number' ? String(weight) : (JSON.stringify(weight) ?? typeof weight);
    throw invalid(`${place}.${key}`, 'a finite number of at least 0', received, 'A weight of 0 leaves a class out.');
  }
  return weights as ClassWeights;
}

/**
 * A weight for each class of a model and loss; null without any. Throws INVALID_OPTION for classes that do not exist or are
 * missing, UNSUPPORTED where there are no classes that exclude each other.
 */
export function classWeightsOf(
  spec: ModelSpec,
  layout: ModelLayout,
  { classWeights, loss }: { readonly classWeights?: ClassWeights | undefined; readonly loss: LossSpec },
): readonly number[] | null {
  if (classWeights === undefined) return null;
  const { answers, isCounted, outputs } = readingOf(spec, layout.outputs, loss);
  if (!isCounted || (answers === 'yesNo' && outputs > 1)) {
    throw new LockstepError('UNSUPPORTED', {
      place: 'fit.classWeights',
      expected: 'rows that are of one class each',
      received: `${lossName(loss)} and ${outputs} ${outputs === 1 ? 'output' : 'outputs'}`,
      advice: 'Weigh rows by sampleWeights of the dataset, which go with every loss.',
    });
  }
  const classes = answers === 'yesNo' ? 2 : outputs;
  const given = Object.keys(classWeights).length;
  if (Array.isArray(classWeights) && given !== classes) {
    throw invalid(
      'fit.classWeights',
      `${classes} weights, one for each class`,
      `${given}`,
      `By number, classes may be left out: { 0: 5 }.`,
    );
  }
  const beyond = Object.keys(classWeights).find((key) => Number(key) >= classes);
  if (beyond !== undefined) {
    const advice = 'Classes are numbered from 0; the last layer has a unit for each, or one for no and yes.';
    throw invalid('fit.classWeights', `classes from 0 to ${classes - 1}`, `class ${beyond}`, advice);
  }
  const weights = Array.from({ length: classes }, (_, own) => (classWeights as Record<number, number>)[own] ?? 1);
  if (weights.some((weight) => weight > 0)) return weights;
  throw invalid(
    'fit.classWeights',
    'a class with a weight above 0',
    'none',
    'Without any weight there is nothing to learn.',
  );
}

/** The same weights in the same form, however they were given, for the configuration of a run: those that are not 1. */
export function canonicalClassWeights(weights: ClassWeights | undefined): Readonly<Record<string, number>> | null {
  const own = Object.entries(weights ?? {}).filter(([, weight]) => weight !== 1);
  return own.length === 0 ? null : Object.fromEntries(own);
}

function invalid(place: string, expected: string, received: string, advice: string): LockstepError {
  return new LockstepError('INVALID_OPTION', { place, expected, received: received.slice(0, 80), advice });
}
