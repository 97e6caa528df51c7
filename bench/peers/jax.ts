import type { numpy } from '@jax-js/jax';
import { oneHot, randomRows, randomWeights, readRows, shuffled } from './data.ts';
import type { Network } from './protocol.ts';
import { type PeerRunner, serve } from './serve.ts';
import { timeSteps } from './timeSteps.ts';

type Tensor = numpy.Array;
/** Weights and biases in turn. */
type Parameters = Tensor[];
/** A type, not an interface: trees of arrays are recognised by their index signature. */
type State = { parameters: Parameters; first: Parameters; second: Parameters; time: Tensor };

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Steps that are sent before the last one is waited for: with all at once it slowed to a tenth, with one it had idle gaps. */
const STEPS_AHEAD = 4;

/**
 * jax-js: the whole step, gradient and update, is one function that `jit` compiles. Every array passed on is given away;
 * `.ref` keeps it for one more use.
 */
async function load(): Promise<PeerRunner> {
  const { blockUntilReady, defaultDevice, init, jit, nn, numpy: np, valueAndGrad } = await import('@jax-js/jax');

  async function start(): Promise<string> {
    const devices = await init();
    const device = (['webgpu', 'webgl', 'wasm'] as const).find((name) => devices.includes(name)) ?? 'cpu';
    defaultDevice(device);
    return `device ${device}`;
  }

  const forward = (parameters: Parameters, x: Tensor): Tensor => {
    let y = x;
    for (let layer = 0; layer < parameters.length; layer += 2) {
      y = np.matmul(y, parameters[layer]).add(parameters[layer + 1]);
      if (layer < parameters.length - 2) y = nn.relu(y);
    }
    return y;
  };
  const lossAndGradient = valueAndGrad((parameters: Parameters, x: Tensor, y: Tensor) =>
    nn.logSoftmax(forward(parameters, x)).mul(y).sum(-1).mean().neg(),
  );

  /** Adam in the form of Kingma & Ba (2015), section 2's efficient order; the bias corrections come from powers kept as arrays. */
  const stepOf = ({ optimizer, learningRate }: Network): ((state: State, x: Tensor, y: Tensor) => State) =>
    jit((state: State, x: Tensor, y: Tensor): State => {
      const { parameters, first, second, time } = state;
      const kept = parameters.map((parameter) => parameter.ref);
      const [loss, gradient] = lossAndGradient(parameters, x, y) as [Tensor, Parameters];
      loss.dispose();
      if (optimizer === 'sgd') {
        const updated = kept.map((parameter, i) => parameter.sub(gradient[i].mul(learningRate)));
        return { parameters: updated, first, second, time };
      }
      const next = time.add(1);
      const powers = (base: number): Tensor => np.exp(next.ref.mul(Math.log(base)));
      const scale = np.sqrt(powers(BETA2).mul(-1).add(1)).div(powers(BETA1).mul(-1).add(1)).mul(learningRate);
      const means = first.map((mean, i) => mean.mul(BETA1).add(gradient[i].ref.mul(1 - BETA1)));
      const squares = second.map((mean, i) => mean.mul(BETA2).add(gradient[i].ref.mul(gradient[i]).mul(1 - BETA2)));
      const updated = kept.map((parameter, i) =>
        parameter.sub(scale.ref.mul(means[i].ref).div(np.sqrt(squares[i].ref).add(EPSILON))),
      );
      scale.dispose();
      return { parameters: updated, first: means, second: squares, time: next };
    });

  function initialState({ sizes, optimizer }: Network, seed: number): State {
    const parameters = randomWeights(sizes, seed).flatMap((weights, layer) => [
      np.array(weights).reshape([sizes[layer], sizes[layer + 1]]),
      np.zeros([sizes[layer + 1]]),
    ]);
    const zeros = (): Parameters =>
      optimizer === 'adam' ? parameters.map((parameter) => np.zeros(parameter.shape)) : [];
    return { parameters, first: zeros(), second: zeros(), time: np.array([0]) };
  }

  const matrix = (rows: Float32Array<ArrayBuffer>, columns: number): Tensor =>
    np.array(rows).reshape([rows.length / columns, columns]);

  return {
    step: async (request) => {
      const note = await start();
      const { sizes, batchSize } = request;
      const classes = sizes.at(-1)!;
      const { features, labels } = randomRows(request);
      const targets = oneHot(labels, classes);
      const batches = Array.from({ length: request.batches }, (_, index) => {
        const part = (rows: Float32Array<ArrayBuffer>, columns: number): Tensor =>
          matrix(rows.slice(index * batchSize * columns, (index + 1) * batchSize * columns), columns);
        return { x: part(features, sizes[0]), y: part(targets, classes) };
      });
      const step = stepOf(request);
      let state = initialState(request, request.seed);
      let position = 0;
      const run = async (steps: number): Promise<void> => {
        for (let i = 0; i < steps; i++) {
          const { x, y } = batches[position];
          position = (position + 1) % batches.length;
          state = step(state, x.ref, y.ref);
          if (i % STEPS_AHEAD === STEPS_AHEAD - 1) await blockUntilReady(state.parameters);
        }
        await blockUntilReady(state.parameters);
      };
      return { ...(await timeSteps(request.budgetMs, run)), note };
    },

    accuracy: async (request) => {
      const note = await start();
      const { sizes, batchSize, trainRows } = request;
      const classes = sizes.at(-1)!;
      const train = readRows(request, 'train');
      const targets = oneHot(train.labels, classes);
      const test = readRows(request, 'test');
      const step = stepOf(request);
      let state = initialState(request, request.seed);
      const result = { seconds: 0, epochs: 0, accuracy: 0 };
      while (result.epochs < request.epochs && result.seconds * 1e3 < request.limitMs) {
        const begin = performance.now();
        const order = shuffled(trainRows, request.seed + result.epochs);
        for (let row = 0; row < trainRows; row += batchSize) {
          const rows = order.subarray(row, row + batchSize);
          const x = matrix(gather(train.features, rows, sizes[0]), sizes[0]);
          state = step(state, x, matrix(gather(targets, rows, classes), classes));
          if ((row / batchSize) % STEPS_AHEAD === STEPS_AHEAD - 1) await blockUntilReady(state.parameters);
        }
        await blockUntilReady(state.parameters);
        result.seconds += (performance.now() - begin) / 1e3;
        result.epochs += 1;
        const kept = state.parameters.map((parameter) => parameter.ref);
        const logits = await forward(kept, matrix(test.features, sizes[0])).data();
        result.accuracy = shareOfRight(logits as Float32Array, test.labels, classes);
        if (result.accuracy >= request.target) break;
      }
      return { ...result, note };
    },
  };
}

function gather(source: Float32Array, rows: Int32Array, columns: number): Float32Array<ArrayBuffer> {
  const batch = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => batch.set(source.subarray(row * columns, (row + 1) * columns), i * columns));
  return batch;
}

function shareOfRight(logits: Float32Array, labels: Int32Array, classes: number): number {
  const right = labels.filter((label, row) => {
    const answers = logits.subarray(row * classes, (row + 1) * classes);
    return answers.indexOf(Math.max(...answers)) === label;
  });
  return right.length / labels.length;
}

await serve(['@jax-js/jax'], load);
