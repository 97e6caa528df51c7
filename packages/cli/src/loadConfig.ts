import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkSpec, type Dataset, LockstepError, type Model, modelFromSpec } from '@lockstep/core';
import type { LockstepConfig } from './config.ts';

/** A config file's content, awaited and checked but for `fit`, whose options core checks. */
export interface LoadedConfig {
  /** Absolute. */
  readonly path: string;
  readonly model: Model;
  readonly data: Dataset;
  readonly validation: Dataset | null;
  readonly test: Dataset | null;
  readonly fit: LockstepConfig['fit'];
}

const FIELDS = ['model', 'data', 'validation', 'test', 'fit'];

/** Imports a config file. Throws FILE_NOT_FOUND, UNSUPPORTED, INVALID_OPTION and INVALID_MODEL, and what the file throws. */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new LockstepError('FILE_NOT_FOUND', {
      place: file,
      expected: 'a config file',
      received: 'no file of that name',
      advice: `It was looked up from ${process.cwd()}.`,
    });
  }
  const exported = (await importModule(path, file))['default'];
  const config = checkShape(typeof exported === 'function' ? await (exported as () => unknown)() : exported, file);
  return {
    path,
    model: checkModel(await config['model'], file),
    data: checkDataset(await config['data'], `${file}: data`),
    validation: optionalDataset(await config['validation'], `${file}: validation`),
    test: optionalDataset(await config['test'], `${file}: test`),
    fit: config['fit'] as LockstepConfig['fit'],
  };
}

/** Node reads TypeScript by leaving out the types, so what is more than types cannot be read. */
async function importModule(path: string, file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
      throw new LockstepError('UNSUPPORTED', {
        place: file,
        expected: 'TypeScript that Node can run by leaving out the types',
        received: message.trim(),
        advice:
          'Use plain objects instead of enums and namespaces, and fields instead of parameter properties, or compile the file to JavaScript first.',
        cause,
      });
    }
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new LockstepError('UNSUPPORTED', {
        place: file,
        expected: 'a JavaScript or TypeScript module (.js, .mjs, .ts, .mts)',
        received: message,
        advice: 'Rename the file, or leave out --no-strip-types from the options of Node.',
        cause,
      });
    }
    throw cause;
  }
}

function checkShape(value: unknown, file: string): Record<string, unknown> {
  const invalid = (place: string, expected: string, received: string, advice: string): LockstepError =>
    new LockstepError('INVALID_OPTION', { place: `${file}: ${place}`, expected, received, advice });
  if (typeof value !== 'object' || value === null) {
    const advice = 'Write: export default defineConfig({ model, data, fit }).';
    throw invalid('default export', 'an object, or a function that returns one', kindOf(value), advice);
  }
  const unknown = Object.keys(value).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) {
    throw invalid(unknown, 'no such field', 'one', `Fields of a config are ${FIELDS.join(', ')}.`);
  }
  const config = value as Record<string, unknown>;
  if (typeof config['fit'] !== 'object' || config['fit'] === null) {
    const advice = "At least the loss: fit: { loss: 'sparseCategoricalCrossentropy' }.";
    throw invalid('fit', 'the options of model.fit', kindOf(config['fit']), advice);
  }
  return config;
}

function checkModel(value: unknown, file: string): Model {
  // By its parts, not by its class: the config file may bring its own copy of @lockstep/core.
  if (typeof value === 'object' && value !== null && 'spec' in value && 'fit' in value) return value as Model;
  return modelFromSpec(checkSpec(value, `${file}: model`));
}

function optionalDataset(value: unknown, place: string): Dataset | null {
  return value === undefined || value === null ? null : checkDataset(value, place);
}

function checkDataset(value: unknown, place: string): Dataset {
  if (typeof value === 'object' && value !== null && 'source' in value && 'chunkRows' in value) return value as Dataset;
  throw new LockstepError('INVALID_OPTION', {
    place,
    expected: 'a dataset',
    received: kindOf(value),
    advice: 'Datasets come from arrowDataset, tensorDataset or another dataset function.',
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return value === undefined ? 'nothing' : typeof value;
}
