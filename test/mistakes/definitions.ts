import { type CustomLayer, defineLayer, dense, type Layer, loadModel, type Model, sequential } from '@lockstep/core';
import { swish } from '../../examples/swish/swish.ts';
import type { Mistake } from '../support/mistakes.ts';
import { wrong } from './subjects.ts';

const nothing = { forward: () => {}, backward: () => {} };
/** Past TypeScript; of this module, unless said otherwise. */
export const define = (definition: unknown, module: unknown = import.meta.url): CustomLayer =>
  defineLayer(module as string, definition as Parameters<typeof defineLayer>[1]);
const modelWith = (layer: Layer): Model => sequential([layer, dense(3)], { inputShape: [5] });
const built = (definition: object) => (): unknown => modelWith(define({ ...nothing, name: 'own', ...definition })());
const at = (member: string): string => `layer "own_1": ${member} of ${import.meta.url}`;
const beta = { shape: [5], initializer: 'ones' };

/** An object in an object, so many deep. */
export const nested = (depth: number): object => (depth === 1 ? {} : { in: nested(depth - 1) });

/** Mistakes in the definition of a layer, and in what is made of it. */
export const DEFINITION_MISTAKES: readonly Mistake[] = [
  {
    title: 'a path for a module',
    make: () => define({ ...nothing, name: 'own' }, './own.ts'),
    answer: { code: 'INVALID_MODEL', place: 'defineLayer(module)', received: './own.ts', advice: 'import.meta.url' },
  },
  {
    title: 'a module that is no file',
    make: () => define({ ...nothing, name: 'own' }, 'file:///nowhere/own.ts'),
    answer: { code: 'INVALID_MODEL', place: 'defineLayer: "own"', advice: 'bundler' },
  },
  {
    title: 'a name with a space',
    make: () => define({ ...nothing, name: 'my own' }),
    answer: { code: 'INVALID_MODEL', place: 'defineLayer(name)', received: 'my own' },
  },
  {
    title: 'no backward',
    make: () => define({ name: 'own', forward: () => {} }),
    answer: { code: 'INVALID_MODEL', place: 'defineLayer(backward)', expected: 'a function' },
  },
  {
    title: 'a member that does not exist',
    make: () => define({ ...nothing, name: 'own', call: () => {} }),
    answer: { code: 'INVALID_MODEL', place: 'defineLayer(call)', advice: 'parameterGradients' },
  },
  {
    title: 'a gradient that is no function',
    make: () => define({ ...nothing, name: 'own', parameterGradients: { beta: 1 } }),
    answer: { code: 'INVALID_MODEL', place: 'defineLayer(parameterGradients.beta)' },
  },
  {
    title: 'a shape that is none',
    make: built({ outputShape: () => [0] }),
    answer: { code: 'INVALID_MODEL', place: at('outputShape'), received: '[0]' },
  },
  {
    title: 'a shape that throws',
    make: built({ outputShape: () => wrong(undefined)[0] }),
    answer: { code: 'INVALID_MODEL', place: at('outputShape'), received: 'TypeError' },
  },
  {
    title: 'a list of parameters',
    make: built({ parameters: () => [beta] }),
    answer: { code: 'INVALID_MODEL', place: at('parameters'), expected: 'an object', received: '[' },
  },
  {
    title: 'a parameter without a gradient',
    make: built({ parameters: () => ({ beta }) }),
    answer: { code: 'INVALID_MODEL', place: at('parameterGradients'), expected: 'beta too' },
  },
  {
    title: 'a gradient of a parameter that is not trained',
    make: built({
      parameters: () => ({ beta: { ...beta, trainable: false } }),
      parameterGradients: { beta: () => {} },
    }),
    answer: { code: 'INVALID_MODEL', place: at('parameterGradients'), expected: 'no parameter', received: 'beta' },
  },
  {
    title: 'a parameter without a shape',
    make: built({ parameters: () => ({ beta: { initializer: 'ones' } }), parameterGradients: { beta: () => {} } }),
    answer: { code: 'INVALID_MODEL', place: at('parameters.beta.shape'), received: 'nothing' },
  },
  {
    title: 'an initializer that does not exist',
    make: built({
      parameters: () => ({ beta: { ...beta, initializer: 'one' } }),
      parameterGradients: { beta: () => {} },
    }),
    answer: { code: 'INVALID_OPTION', place: `${at('parameters.beta')}.initializer`, received: 'one' },
  },
  {
    title: 'a layer that was not called',
    make: () => modelWith(wrong(swish)),
    answer: { code: 'INVALID_MODEL', place: 'sequential(layers[0])', received: 'function', advice: 'swish()' },
  },
  {
    title: 'an option where there is none',
    make: () => define({ ...nothing, name: 'own' })(wrong({ factor: 2 })),
    answer: { code: 'INVALID_OPTION', place: 'own.factor', advice: 'options(given)' },
  },
  {
    title: 'an option that the definition refuses',
    make: () =>
        define({ ...nothing, name: 'own', options: () => { throw new RangeError('factor is positive'); } })(wrong({ factor: 0 })), // oxfmt-ignore
    answer: { code: 'INVALID_OPTION', place: 'own(options)', received: 'factor is positive' },
  },
  {
    title: 'options that are not JSON',
    make: () => define({ ...nothing, name: 'own', options: () => ({ at: { factor: NaN } }) })(),
    answer: { code: 'INVALID_OPTION', place: 'own.options.at.factor', received: 'NaN' },
  },
  {
    title: 'options so deep that no file would be read with them',
    make: () => define({ ...nothing, name: 'own', options: () => nested(9) })(),
    answer: { code: 'INVALID_OPTION', place: 'own.options', received: 'more than 8 deep' },
  },
  {
    title: 'options so large',
    make: () => define({ ...nothing, name: 'own', options: () => ({ list: Array(10_001).fill(1) }) })(),
    answer: { code: 'INVALID_OPTION', place: 'own.options', received: 'more than 10000' },
  },
  {
    title: 'a name of a layer with a space',
    make: () => modelWith(swish({ name: 'my own' })),
    answer: { code: 'INVALID_MODEL', place: 'sequential(layers[0]): swish.name', advice: 'letters' },
  },
  {
    title: 'layers to load that are none',
    make: () => loadModel('model.safetensors', { layers: wrong([swish()]) }),
    answer: { code: 'INVALID_OPTION', place: 'loadModel.layers', advice: "import { swish } from './swish.ts'" },
  },
];
