import { oneHot, randomRows, readRows, type Rows } from './data.ts';
import type { Network } from './protocol.ts';
import { type PeerRunner, serve } from './serve.ts';

/** Samples in a stretch that is timed: an algorithm that goes sample by sample needs no whole batch. */
const SAMPLES = 32;
const WARM_UP = 0.25;

/**
 * brain.js: `NeuralNetwork.train`, which updates the weights after every sample, with squared error. So a step is as many
 * samples as the others' batch. Its activation is that of every layer, the last one too.
 */
async function load(): Promise<PeerRunner> {
  const { NeuralNetwork } = await import('brain.js');

  const samplesOf = ({ features, labels }: Rows, { sizes }: Network, count: number): Sample[] => {
    const targets = oneHot(labels.subarray(0, count), sizes.at(-1)!);
    return Array.from({ length: count }, (_, row) => ({
      input: rowOf(features, row, sizes[0]),
      output: rowOf(targets, row, sizes.at(-1)!),
    }));
  };

  /** Its own algorithm with its own settings, whatever the others' optimizer is. */
  function build({ sizes }: Network) {
    return new NeuralNetwork<number[], number[]>({
      inputSize: sizes[0],
      hiddenLayers: sizes.slice(1, -1),
      outputSize: sizes.at(-1)!,
      activation: 'relu',
    });
  }

  return {
    step: (request) => {
      const { batchSize, budgetMs } = request;
      const count = Math.min(SAMPLES, batchSize);
      const samples = samplesOf(randomRows({ ...request, batches: 1 }), request, count);
      const net = build(request);
      const microseconds: number[] = [];
      const begin = performance.now();
      let last = begin;
      let passes = 0;
      // One call for all: every call prepares the network and the data anew.
      net.train(samples, {
        iterations: 1e9,
        errorThresh: Number.MIN_VALUE,
        timeout: budgetMs,
        callbackPeriod: 1,
        callback: () => {
          const now = performance.now();
          passes += 1;
          // Stretches of at least 20 ms; a single pass when it takes longer.
          if (now - last < 20) return;
          const microsecondsOfStep = (((now - last) * 1e3) / passes) * (batchSize / count);
          if (now - begin > budgetMs * WARM_UP || microseconds.length === 0) microseconds.push(microsecondsOfStep);
          last = now;
          passes = 0;
        },
      });
      const measured = microseconds.length > 1 ? microseconds.slice(1) : microseconds;
      return Promise.resolve({ microseconds: measured, steps: measured.length, note: 'sample by sample' });
    },

    accuracy: (request) => {
      const train = samplesOf(readRows(request, 'train'), request, request.trainRows);
      const test = readRows(request, 'test');
      // As it comes: its own activation, algorithm and learning rate.
      const net = new NeuralNetwork<number[], number[]>({ hiddenLayers: request.sizes.slice(1, -1) });
      const result = { seconds: 0, epochs: 0, accuracy: 0 };
      while (result.epochs < request.epochs && result.seconds * 1e3 < request.limitMs) {
        const begin = performance.now();
        net.train(train, { iterations: 1, errorThresh: Number.MIN_VALUE });
        result.seconds += (performance.now() - begin) / 1e3;
        result.epochs += 1;
        const right = test.labels.filter((label, row) => {
          const answer = net.run(rowOf(test.features, row, request.sizes[0]));
          return answer.indexOf(Math.max(...answer)) === label;
        });
        result.accuracy = right.length / test.labels.length;
        if (result.accuracy >= request.target) break;
      }
      return Promise.resolve({ ...result, note: 'sample by sample, as it comes' });
    },
  };
}

interface Sample {
  readonly input: number[];
  readonly output: number[];
}

/** Plain arrays: typed ones it would take for objects with named properties. */
function rowOf(rows: Float32Array, row: number, columns: number): number[] {
  return [...rows.subarray(row * columns, (row + 1) * columns)];
}

await serve(['brain.js'], load);
