import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { LockstepError } from '../errors.ts';
import { writeJson } from '../files/writeJson.ts';
import type {
  AnyLayerDefinition,
  DefinedLayer,
  LayerDefinition,
  LayerParameter,
  PlainOptions,
} from './layerDefinition.ts';
import type { Layer } from './layers.ts';
import { type CustomSpec, DEFINED } from './spec.ts';

// Threads import this file with every module of a layer: it must stay light.

/** Makes a layer for a model, as `dense` does: what `defineLayer` returns. Throws INVALID_OPTION. */
export interface CustomLayer<Given = object> extends DefinedLayer {
  (...options: LayerArguments<Given>): Layer;
}

/** Options may be left out where none is required. `name`: unique in the model. */
type LayerArguments<Given> = object extends Given ? [options?: Given & Named] : [options: Given & Named];
interface Named {
  readonly name?: string;
}

/** Of all copies of this package that a program may hold. */
const BRAND: unique symbol = Symbol.for('lockstep.layer');

/**
 * A layer of a user's own, e.g. `export const swish = defineLayer(import.meta.url, { name: 'swish', forward(row) …, backward(row) … })`.
 * It stands in a module of its own and is exported: every thread imports that module. The result makes layers:
 * `sequential([dense(64), swish()], …)`. Throws INVALID_MODEL.
 */
export function defineLayer<
  Given = object,
  Options = object,
  Parameters extends Readonly<Record<string, LayerParameter>> = Readonly<Record<string, LayerParameter>>,
>(module: string, definition: LayerDefinition<Given, Options, Parameters>): CustomLayer<Given> {
  const own = Object.freeze({ ...definition }) as unknown as AnyLayerDefinition;
  checkDefinition(module, own);
  if (isMainThread) warnOfChance(own, module);
  const create = ({ name, ...given }: Named = {}): Layer => ({
    ...{ kind: 'custom', layer: own.name, source, options: optionsOf(own, given), [DEFINED]: defined },
    ...(name === undefined ? {} : { name }),
  });
  const source = hashOfModule(module, own.name);
  const defined = Object.assign(create, { layer: own.name, module, source, definition: own, [BRAND]: true });
  return Object.freeze(defined);
}

export function isDefinedLayer(value: unknown): value is DefinedLayer {
  return typeof value === 'function' && BRAND in value;
}

/** What a specification was made with; null for one that came out of a file, until the layer is given to it. */
export function definedLayerOf(spec: Pick<CustomSpec, typeof DEFINED>): DefinedLayer | null {
  const defined = spec[DEFINED];
  return isDefinedLayer(defined) ? defined : null;
}

/** The options as the definition completes them. Throws INVALID_OPTION. */
export function optionsOf({ name, options: complete }: AnyLayerDefinition, given: object): PlainOptions {
  const [unknown] = Object.keys(given);
  if (complete === undefined) {
    if (unknown === undefined) return Object.freeze({});
    throw invalidOptions(`${name}.${unknown}`, 'no such option', 'one', 'Its definition has no `options(given)`.');
  }
  let completed: unknown;
  try {
    completed = complete(given);
  } catch (cause) {
    if (cause instanceof LockstepError) throw cause;
    const advice = 'This is what `options` of its definition has thrown.';
    throw invalidOptions(`${name}(options)`, 'options that it accepts', String(cause), advice, cause);
  }
  return plainCopy(completed, name);
}

/** A frozen copy of plain JSON, so that nothing in it can change or be lost in a file. */
function plainCopy(options: unknown, name: string): PlainOptions {
  const place = `${name}.options`;
  const advice = 'Options are saved with the model, so `options` of the definition returns an object of plain JSON.';
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidOptions(place, 'an object of plain JSON', options === null ? 'null' : typeof options, advice);
  }
  try {
    const text = writeJson(options, { place });
    return JSON.parse(text, (_name, value: unknown) => Object.freeze(value)) as PlainOptions;
  } catch (cause) {
    if (!(cause instanceof LockstepError)) throw cause;
    throw invalidOptions(cause.place, 'plain JSON', cause.received, advice, cause);
  }
}

function invalidOptions(place: string, expected: string, received: string, advice: string, cause?: unknown): Error {
  return new LockstepError('INVALID_OPTION', { place, expected, received, advice, cause });
}

const FUNCTIONS = { options: false, outputShape: false, parameters: false, forward: true, backward: true } as const;

function checkDefinition(module: string, definition: AnyLayerDefinition): void {
  const fail = (place: string, expected: string, received: unknown, advice: string): LockstepError =>
    new LockstepError('INVALID_MODEL', {
      place: `defineLayer(${place})`,
      expected,
      received: typeof received === 'string' ? JSON.stringify(received) : typeof received,
      advice,
    });
  const { name, parameterGradients } = definition;
  if (typeof module !== 'string' || !URL.canParse(module)) {
    throw fail('module', 'the URL of the module', module, 'Write: defineLayer(import.meta.url, { … }).');
  }
  if (typeof name !== 'string' || !/^[\w-]{1,48}$/.test(name)) {
    throw fail(
      'name',
      'a name of 1 to 48 letters, digits, - or _',
      name,
      'Models that are loaded find the layer by it.',
    );
  }
  const known = [...Object.keys(FUNCTIONS), 'name', 'parameterGradients'];
  const other = Object.keys(definition).find((member) => !known.includes(member));
  if (other !== undefined) throw fail(other, 'no such member', 'one', `A definition has ${known.join(', ')}.`);
  for (const [member, required] of Object.entries(FUNCTIONS)) {
    const value = definition[member as keyof typeof FUNCTIONS] as unknown;
    if (typeof value === 'function' || (value === undefined && !required)) continue;
    throw fail(member, 'a function', value, `The definition of "${name}" is where to look.`);
  }
  for (const [parameter, value] of Object.entries(parameterGradients ?? {})) {
    const place = `parameterGradients.${parameter}`;
    if (typeof value !== 'function')
      throw fail(place, 'a function', value, 'It adds the part of one row to `gradient`.');
  }
}

/** What differs from platform to platform or from call to call; square roots, rounding and the like do not. */
const BY_CHANCE =
  /\bMath\.(?:a?(?:cos|sin|tan)h?|atan2|cbrt|expm1|exp|hypot|log1p|log10|log2|log|pow|random)\b|\bDate\b/;

/** A function that looks as if its bits came by chance is a warning of the process: nothing else would tell. */
function warnOfChance({ name, forward, backward, parameterGradients }: AnyLayerDefinition, module: string): void {
  const members = { forward, backward, ...parameterGradients };
  for (const [member, function_] of Object.entries(members)) {
    const found = BY_CHANCE.exec(String(function_))?.[0];
    if (found === undefined) continue;
    process.emitWarning(
      `${member} of the layer "${name}" (${module}) has ${found}, which gives other bits on other machines; ` +
        'exp, log, pow, tanh and others of @lockstep/core/layer do not',
      { type: 'LockstepWarning', code: 'LOCKSTEP_LAYER_CHANCE' },
    );
    return;
  }
}

/** Of the file's bytes; of the URL itself where it is no file, as in `data:`. */
function hashOfModule(module: string, name: string): string {
  let content: string | Uint8Array = module;
  if (module.startsWith('file:')) {
    try {
      content = readFileSync(fileURLToPath(module));
    } catch (cause) {
      throw new LockstepError('INVALID_MODEL', {
        place: `defineLayer: layer "${name}"`,
        expected: 'a module in a file, which threads can import',
        received: module,
        advice: 'Keep the module as a file of its own: threads cannot find what a bundler has put elsewhere.',
        cause,
      });
    }
  }
  return createHash('sha256').update(content).digest('hex');
}
