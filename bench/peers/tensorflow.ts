import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Sequential } from '@tensorflow/tfjs-layers';
import { oneHot, randomRows, readRows, type Rows } from './data.ts';
import type { AccuracyRequest, Network, Setting } from './protocol.ts';
import { type PeerRunner, serve } from './serve.ts';
import { timeSteps } from './timeSteps.ts';

/** TensorFlow.js: `model.trainOnBatch` of the layers API, on the back end `cpu` (plain JavaScript) or `wasm`. */
async function load(): Promise<PeerRunner> {
  const core = await import('@tensorflow/tfjs-core');
  const layers = await import('@tensorflow/tfjs-layers');

  async function start({ backend }: Setting): Promise<string> {
    if (backend === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
    else {
      const wasm = await import('@tensorflow/tfjs-backend-wasm');
      const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
      wasm.setWasmPaths(`${dirname(entry)}/`);
    }
    if (!(await core.setBackend(String(backend)))) throw new Error(`the back end ${backend} did not start`);
    await core.ready();
    if (backend === 'cpu') return 'plain JavaScript';
    const { getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
    const simd = await core.env().getAsync('WASM_HAS_SIMD_SUPPORT');
    const threads = await core.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
    return `${simd ? 'SIMD' : 'no SIMD'}, ${threads ? `${getThreadsCount()} threads` : 'one thread'}`;
  }

  function build({ sizes, optimizer, learningRate }: Network, seed: number): Sequential {
    const model = layers.sequential();
    sizes.slice(1).forEach((units, index) => {
      model.add(
        layers.layers.dense({
          units,
          activation: index === sizes.length - 2 ? 'softmax' : 'relu',
          kernelInitializer: layers.initializers.glorotUniform({ seed: seed + index }),
          ...(index === 0 ? { inputShape: [sizes[0]] } : {}),
        }),
      );
    });
    const rule = optimizer === 'adam' ? core.train.adam(learningRate) : core.train.sgd(learningRate);
    model.compile({ optimizer: rule, loss: 'categoricalCrossentropy' });
    return model;
  }

  const tensors = ({ features, labels }: Rows, { sizes }: Network): { x: Tensor; y: Tensor } => ({
    x: core.tensor2d(features, [labels.length, sizes[0]]),
    y: core.tensor2d(oneHot(labels, sizes.at(-1)!), [labels.length, sizes.at(-1)!]),
  });

  return {
    step: async (request) => {
      const note = await start(request.setting);
      const model = build(request, request.seed);
      const { features, labels } = randomRows(request);
      const size = request.batchSize;
      const batches = Array.from({ length: request.batches }, (_, index) =>
        tensors(
          {
            features: features.subarray(index * size * request.sizes[0], (index + 1) * size * request.sizes[0]),
            labels: labels.subarray(index * size, (index + 1) * size),
          },
          request,
        ),
      );
      let position = 0;
      const run = async (steps: number): Promise<void> => {
        for (let i = 0; i < steps; i++) {
          const { x, y } = batches[position];
          position = (position + 1) % batches.length;
          await model.trainOnBatch(x, y);
        }
      };
      return { ...(await timeSteps(request.budgetMs, run)), note };
    },

    accuracy: async (request: AccuracyRequest) => {
      const note = await start(request.setting);
      const model = build(request, request.seed);
      const train = tensors(readRows(request, 'train'), request);
      const test = readRows(request, 'test');
      const { x } = tensors(test, request);
      const result = { seconds: 0, epochs: 0, accuracy: 0 };
      while (result.epochs < request.epochs && result.seconds * 1e3 < request.limitMs) {
        const begin = performance.now();
        await model.fit(train.x, train.y, { epochs: 1, batchSize: request.batchSize, shuffle: true });
        result.seconds += (performance.now() - begin) / 1e3;
        result.epochs += 1;
        const answers = core.tidy(() => core.argMax(model.predict(x) as Tensor, 1).dataSync());
        result.accuracy = test.labels.filter((label, row) => label === answers[row]).length / test.labels.length;
        if (result.accuracy >= request.target) break;
      }
      return { ...result, note };
    },
  };
}

const packages = ['core', 'layers', 'backend-cpu', 'backend-wasm'].map((name) => `@tensorflow/tfjs-${name}`);
await serve(packages, load);
