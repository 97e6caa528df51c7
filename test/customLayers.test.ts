import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  activation,
  adam,
  checkSpec,
  type CustomLayer,
  type Dataset,
  defineLayer,
  dense,
  type FitOptions,
  type Layer,
  loadModel,
  LockstepError,
  type Model,
  modelFromSpec,
  sequential,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { swish } from '../examples/swish/swish.ts';
import { define, DEFINITION_MISTAKES, nested } from './mistakes/definitions.ts';
import * as broken from './support/brokenLayers.ts';
import { relativeError } from './support/compare.ts';
import { newestCheckpoint, temporaryFolder } from './support/folder.ts';
import { liveWorkers } from './support/liveWorkers.ts';
import { raised, testMistakes } from './support/mistakes.ts';
import { classNumbers, signedNumbers } from './support/numbers.ts';
import { radialBasis } from './support/radialBasis.ts';
import { catchWarnings } from './support/warnings.ts';

// Gradients, partitions and one hash are the tables' (cases.ts); here is what they do not say.

const takeWarnings = catchWarnings();

const INPUTS = 5;
const ROWS = 60;

const OPTIONS = {
  ...{ loss: 'sparseCategoricalCrossentropy', optimizer: adam({ learningRate: 0.02 }), progress: false },
  ...{ batchSize: 20, shards: 2, shuffle: false },
} as const satisfies FitOptions;

/** Passes rows on. */
const passing = {
  forward: ({ input, output }: { input: Float64Array; output: Float64Array }) => output.set(input),
  backward: () => {},
};

function create(...between: readonly Layer[]): Model {
  const layers = [...between, dense(3, { activation: 'softmax' })];
  return sequential(layers, { inputShape: [INPUTS], seed: 5 });
}

function createDataset(features: Float32Array = signedNumbers(ROWS * INPUTS, 1)): Dataset {
  return tensorDataset({ features, labels: classNumbers(ROWS, 3, 2), featureShape: [INPUTS] });
}

describe('a layer of a user', () => {
  test('computes what the same layer of Lockstep computes', async () => {
    const own = create(dense(8), swish(), dense(6));
    const built = create(dense(8), activation('silu'), dense(6));
    built.setWeights(
      Object.fromEntries(Object.entries(own.getWeights()).filter(([name]) => name in built.getWeights())),
    );
    const features = signedNumbers(4 * INPUTS, 9);
    expect(relativeError(await own.predict(features), await built.predict(features))).toBeLessThan(1e-6);
    const batch = { features, labels: classNumbers(4, 3, 1), loss: OPTIONS.loss };
    const [one, other] = await Promise.all([own.gradients(batch), built.gradients(batch)]);
    for (const [name, gradient] of Object.entries(other.gradients)) {
      expect(relativeError(one.gradients[name], gradient), name).toBeLessThan(1e-5);
    }
  });

  test('is named and counted like others, and its numbers that are not trained stay', async () => {
    const model = create(dense(4), swish({ name: 'gate' }), radialBasis({ units: 6 }));
    expect(model.summary()).toMatch(/gate \(swish\) +\(batch, 4\) +4\n/);
    expect(model.summary()).toMatch(/radialBasis_3 \(radialBasis\) +\(batch, 6\) +31\n/);
    expect(model.summary()).toContain('Non-trainable params: 1\n');
    await model.fit(createDataset(), { ...OPTIONS, workers: 1, epochs: 2 });
    expect(model.getWeights()['radialBasis_3/gamma']).toEqual(Float32Array.of(0.5));
    expect(model.getWeights()['gate/beta']).not.toContain(1);
    expect((await model.evaluate(createDataset(), { workers: 2 }))['loss']).toBeGreaterThan(0);
  });

  test(
    'has one hash with threads that break, and when the run is stopped and resumed',
    { timeout: 60_000 },
    async () => {
      const layers = (): Layer[] => [dense(6), swish(), radialBasis({ units: 4 })];
      const alone = await create(...layers()).fit(createDataset(), { ...OPTIONS, epochs: 4, workers: 1 });
      const faults = (['compute', 'reduce', 'reduced'] as const).map((at, step) => {
        return { thread: step % 2, step: step + 1, action: step === 1 ? 'exit' : 'throw', at } as const;
      });
      const broke = await create(...layers()).fit(createDataset(), { ...OPTIONS, epochs: 4, workers: 2, faults });
      expect((await takeWarnings()).map(({ code }) => code)).toEqual(Array(3).fill('LOCKSTEP_THREAD_REPLACED'));
      expect(broke.weightsHash).toBe(alone.weightsHash);

      const checkpoint = { directory: temporaryFolder() };
      await create(...layers()).fit(createDataset(), { ...OPTIONS, workers: 1, checkpoint, epochs: 4, maxSteps: 5 });
      const resumed = await create(...layers()).fit(createDataset(), {
        ...{ ...OPTIONS, workers: 2, checkpoint, resume: true, epochs: 4 },
      });
      expect(resumed.weightsHash).toBe(alone.weightsHash);
    },
  );
});

describe('files', () => {
  test('name their layers, and are loaded with them only', async () => {
    // With as deep options as there may be.
    const deep = define({ ...passing, name: 'deep', options: () => nested(8) });
    const model = create(dense(4), swish({ beta: 0.5 }), deep());
    const path = join(temporaryFolder(), 'model.safetensors');
    await model.save(path);
    const error = await raised(() => loadModel(path));
    expect(error).toMatchObject({ code: 'LAYER_UNKNOWN', place: `${path}: layer "swish_2"` });
    expect((error as LockstepError).advice).toContain('loadModel(path, { layers: [swish] })');
    expect(await raised(() => loadModel(path, { layers: [radialBasis] }))).toMatchObject({ code: 'LAYER_UNKNOWN' });
    const loaded = await loadModel(path, { layers: [radialBasis, swish, deep] });
    expect(loaded.weightsHash()).toBe(model.weightsHash());
    expect(loaded.spec).toEqual(model.spec);
    const features = signedNumbers(2 * INPUTS, 3);
    expect(await loaded.predict(features)).toEqual(await model.predict(features));
    // Paths of a machine are nobody else's business.
    expect(JSON.stringify(model.spec)).not.toContain('file:');
  });

  test('checkpoints as well, whose weights are read whether the layers are known or not', async () => {
    const checkpoint = { directory: temporaryFolder() };
    const model = create(swish(), radialBasis({ units: 3 }));
    await model.fit(createDataset(), { ...OPTIONS, workers: 1, checkpoint });
    const path = newestCheckpoint(checkpoint.directory);
    expect(await raised(() => loadModel(path))).toMatchObject({ code: 'LAYER_UNKNOWN' });
    const loaded = await loadModel(path, { layers: [swish, radialBasis] });
    expect(loaded.weightsHash()).toBe(model.weightsHash());
  });

  test('specifications keep their layers in the program, and lose them as text', () => {
    const { spec } = create(swish());
    expect(modelFromSpec(spec).countParams()).toBe(create(swish()).countParams());
    const text: unknown = JSON.parse(JSON.stringify(spec));
    expect(() => modelFromSpec(checkSpec(text, 'text'))).toThrow(/LAYER_UNKNOWN/);
    expect(modelFromSpec(checkSpec(text, 'text', [swish])).spec).toEqual(spec);
  });
});

describe('threads', () => {
  test('that cannot import the module end the run with what it throws', async () => {
    const only =
      "import { isMainThread } from 'node:worker_threads';\nif (!isMainThread) throw new Error('not here');\n";
    const layer = await importModule(only);
    const error = await raised(() => create(layer()).fit(createDataset(), { ...OPTIONS, workers: 2 }));
    expect(error).toMatchObject({
      ...{ code: 'LAYER_FAILED', expected: `the module ${layer.module}, which each thread imports` },
      received: expect.stringContaining('Error: not here'),
    });
  });

  test('in which a function never returns are ended, and named by what they were at', async () => {
    const error = await raised(() => {
      const features = signedNumbers(ROWS * INPUTS, 1);
      features[45 * INPUTS] = broken.MARK;
      const options = { ...OPTIONS, workers: 2, stepTimeout: 1, maxWorkerRestarts: 0 };
      return create(broken.loops()).fit(createDataset(features), options);
    });
    expect(error).toMatchObject({
      code: 'STEP_TIMEOUT',
      place: expect.stringMatching(/^worker \d, step 3, compute phase, rows/),
    });
    expect(liveWorkers()).toBe(0);
  });
});

describe('a module that is another one', () => {
  test('is refused by a run that resumes', async () => {
    const [first, second] = [await importModule(''), await importModule('// With another comment.\n')];
    const checkpoint = { directory: temporaryFolder() };
    await create(first()).fit(createDataset(), { ...OPTIONS, workers: 1, checkpoint });
    const run = (layer: CustomLayer): Promise<unknown> =>
      create(layer()).fit(createDataset(), { ...OPTIONS, workers: 1, checkpoint, resume: true, epochs: 2 });
    const error = await raised(() => run(second));
    expect(error).toMatchObject({ code: 'CHECKPOINT_MISMATCH' });
    expect((error as LockstepError).received).toContain('model.layers[0].source');
    await run(first);
    // A model is another matter: it may be loaded with a newer module.
    expect((await loadModel(newestCheckpoint(checkpoint.directory), { layers: [second] })).spec).toEqual(
      create(second()).spec,
    );
  });

  test('is refused by threads, when the file was changed after the program has imported it', async () => {
    const layer = await importModule('');
    writeFileSync(new URL(layer.module), `${ownModule('')}// Changed.\n`);
    const error = await raised(() => create(layer()).fit(createDataset(), { ...OPTIONS, workers: 2 }));
    expect(error).toMatchObject({ code: 'FILE_CHANGED' });
    expect((error as LockstepError).place).toContain(layer.module);
    expect(liveWorkers()).toBe(0);
  });

  test('may not share its name with another in one model', async () => {
    const [first, second] = [await importModule(''), await importModule('\n')];
    expect(() => create(first(), second())).toThrow(/one layer of the name "own".*INVALID_MODEL/);
    expect(create(first(), first()).spec.layers.map(({ name }) => name)).toEqual(['own_1', 'own_2', 'dense_3']);
  });
});

const STEP_MISTAKES = [
  { layer: broken.throwsForward, member: 'forward', received: 'RangeError: no such place', cause: /no such place/ },
  { layer: broken.throwsBackward, member: 'backward', received: 'RangeError: no way back', cause: /no way back/ },
  {
    layer: broken.throwsGradient,
    member: 'parameterGradients.unused',
    received: 'RangeError: no sum',
    cause: /no sum/,
  },
  { layer: broken.leavesOut, member: 'forward', received: 'NaN in output[4]', cause: null },
  { layer: broken.readsBeyond, member: 'backward', received: 'NaN in inputGradient[1]', cause: null },
  { layer: broken.sumsNaN, member: 'parameterGradients.unused', received: 'NaN in gradient[1]', cause: null },
];

describe('a function that fails ends the run as a mistake, with its place', () => {
  test.each(
    STEP_MISTAKES.flatMap((mistake) =>
      (mistake.cause === null ? [1] : [1, 2]).map((workers) => ({ ...mistake, workers, name: mistake.layer.layer })),
    ),
  )('$name, $workers workers', async ({ layer, name, member, received, cause, workers }) => {
    // The first layer passes its gradient on only where something is trained below it.
    const model = create(swish({ beta: 1000 }), layer());
    const features = signedNumbers(ROWS * INPUTS, 1);
    // Row 5 of the third batch; with such a slope, swish passes it on as it is.
    features[45 * INPUTS] = broken.MARK;
    const error = await raised(() => model.fit(createDataset(features), { ...OPTIONS, workers }));
    expect(error).toBeInstanceOf(LockstepError);
    const found = error as LockstepError;
    expect(found.code).toBe('LAYER_FAILED');
    expect(found.place).toBe(`step 3, layer "${name}_2", row 5 of the batch: ${member} of ${layer.module}`);
    expect(found.received).toContain(received);
    if (cause !== null) {
      expect(found.received).toMatch(/brokenLayers\.ts:\d+:\d+/);
      expect(String(found.cause)).toMatch(cause);
    }
    expect(liveWorkers()).toBe(0);
    // The weights of the two steps before, and a model that trains on.
    const before = create(swish({ beta: 1000 }), layer());
    await before.fit(createDataset(features), { ...OPTIONS, workers: 1, maxSteps: 2 });
    expect(model.weightsHash()).toBe(before.weightsHash());
    await model.fit(createDataset(), { ...OPTIONS, workers: 1 });
  });

  test('in predict and gradients too', async () => {
    const model = create(broken.throwsForward());
    const place = `layer "throwsForward_1", row 0 of the batch: forward of ${broken.throwsForward.module}`;
    const features = Float32Array.of(broken.MARK, 0, 0, 0, 0);
    expect(await raised(() => model.predict(features))).toMatchObject({ code: 'LAYER_FAILED', place });
    const batch = { features, labels: [0], loss: OPTIONS.loss };
    expect(await raised(() => model.gradients(batch))).toMatchObject({ code: 'LAYER_FAILED', place });
  });

  test('what is no number before the layer is not its mistake', async () => {
    const model = create(swish());
    const features = signedNumbers(ROWS * INPUTS, 1);
    features[7] = Infinity;
    const outputs = await model.predict(Float32Array.of(NaN, 0, 0, 0, 0));
    expect(outputs[0]).toBeNaN();
    const layers = [dense(4, { kernelInitializer: 'ones' }), swish(), dense(3, { activation: 'softmax' })];
    const overflowing = sequential(layers, { inputShape: [INPUTS] });
    const data = tensorDataset({ features: Float32Array.of(3e38, 3e38, 0, 0, 0), labels: [0], featureShape: [INPUTS] });
    const error = await raised(() => overflowing.fit(data, { ...OPTIONS, workers: 1 }));
    expect(error).toMatchObject({ code: 'LOSS_NOT_FINITE' });
  });
});

describe('what would give other bits elsewhere is a warning', () => {
  const nothing = { forward: () => {}, backward: () => {} };

  test.each([
    ['forward', { forward: ({ input, output }: Row) => (output[0] = Math.exp(input[0])) }, 'Math.exp'],
    ['backward', { backward: (row: object) => Object.assign(row, { at: Date.now() }) }, 'Date'],
    ['backward', { backward: (row: Row) => (row.output[0] = row.input[0] ** 2) }, '\\*\\*'],
    ['beta', { parameterGradients: { beta: ({ output }: Row) => (output[0] += Math.random()) } }, 'Math.random'],
  ])('%s', async (member, definition, found) => {
    define({ ...nothing, ...definition, name: 'own' });
    expect(await takeWarnings()).toMatchObject([
      {
        code: 'LOCKSTEP_LAYER_CHANCE',
        message: expect.stringMatching(`^${member} of the layer "own".* has ${found},`),
      },
    ]);
  });

  test('and what is the same everywhere is none', async () => {
    const forward = ({ input, output }: Row): void => {
      output[0] = Math.sqrt(input[0]) + Math.max(Math.abs(input[0]), Math.floor(input[0])) + Math.fround(input[0]);
    };
    define({ ...nothing, forward, name: 'own' });
    expect(await takeWarnings()).toEqual([]);
  });
});

interface Row {
  readonly input: Float64Array;
  readonly output: Float64Array;
}

describe('modules in which threads would not find the layer are refused with any number of threads', () => {
  test.each([1, 2])('%d workers', async (workers) => {
    const elsewhere = (file: string): CustomLayer =>
      defineLayer(new URL(file, import.meta.url).href, { name: 'hidden', forward: () => {}, backward: () => {} });
    const train = (layer: CustomLayer): Promise<unknown> =>
      raised(() => create(layer()).fit(createDataset(), { ...OPTIONS, workers }));
    expect(await train(elsewhere('./support/numbers.ts'))).toMatchObject({
      ...{ code: 'LAYER_FAILED', place: 'layer "hidden_1"', received: expect.stringContaining('signedNumbers') },
      advice: expect.stringContaining('export const'),
    });
    const program = pathToFileURL(process.argv[1]).href;
    expect(await train(elsewhere(program))).toMatchObject({
      ...{ code: 'LAYER_FAILED', received: `${program}, the program itself` },
    });
  });
});

describe('mistakes in a definition', () => {
  testMistakes(DEFINITION_MISTAKES);
});

/** A module in a folder of its own, inside test/ so that package names resolve as they do for users. */
async function importModule(more: string): Promise<CustomLayer> {
  const folder = mkdtempSync(join(import.meta.dirname, '.layer-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'own.mjs');
  writeFileSync(path, ownModule(more));
  return ((await import(pathToFileURL(path).href)) as { own: CustomLayer }).own;
}

function ownModule(more: string): string {
  return `${more}import { defineLayer } from '@lockstep/core/layer';
export const own = defineLayer(import.meta.url, {
  name: 'own',
  forward: ({ input, output }) => output.set(input),
  backward: ({ outputGradient, inputGradient }) => inputGradient.set(outputGradient),
});
`;
}
