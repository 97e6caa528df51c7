/** What one neuron can learn, and what needs a hidden layer: `npx -y pnpm@12 perceptron`. */
import { styleText } from 'node:util';
import { adam, dense, type History, type Model, perceptron, sequential, sgd } from '@lockstep/core';
import { readArguments } from '../shared/arguments.ts';
import { print, printTraining } from '../shared/printing.ts';
import { drawMap } from './drawMap.ts';
import { datasetOf, type Point, SQUAD, TRIANGLE, XOR } from './points.ts';

const flags = readArguments({ epochs: 20, seed: 1 });
const limit = flags.steps === undefined ? {} : { maxSteps: flags.steps };

/** Row by row, by w += (label − output) · x. */
function learn(model: Model, points: readonly Point[]): Promise<History> {
  return model.fit(datasetOf(points), {
    ...{ optimizer: sgd({ learningRate: 1 }), batchSize: 1, epochs: flags.epochs, seed: flags.seed },
    // A step of one row is too small to be shared out.
    ...{ metrics: ['accuracy'], workers: 1, progress: false, ...limit },
  });
}

/** Rows that were answered wrongly, epoch by epoch: each has changed the weights. */
function mistakes({ metrics }: History, { length }: readonly Point[]): string {
  return metrics['accuracy'].map((accuracy) => Math.round((1 - accuracy) * length)).join(' ');
}

print(styleText('bold', 'A perceptron learns who was accepted to the squad'));
const squad = perceptron({ inputs: 2 });
print(`mistakes in each epoch: ${mistakes(await learn(squad, SQUAD), SQUAD)}`);
const [w1, w2, bias] = squad.parameters().flatMap(({ data }) => [...data]);
print(`accepted where ${w1.toFixed(2)} · x + ${w2.toFixed(2)} · y + ${bias.toFixed(2)} > 0\n`);
print(`${await drawMap(squad, SQUAD)}\n`);

print(styleText('bold', 'It does not learn exclusive or: no line parts its rows'));
const xor = perceptron({ inputs: 2 });
print(`mistakes in each epoch: ${mistakes(await learn(xor, XOR), XOR)}\n`);

print(styleText('bold', 'Nor a cluster inside a triangle; three neurons in a hidden layer do: each draws a line'));
const line = perceptron({ inputs: 2 });
await learn(line, TRIANGLE);
const data = datasetOf(TRIANGLE);
const hidden = dense(3, { activation: 'sigmoid', name: 'hidden' });
const net = sequential([hidden, dense(1, { activation: 'sigmoid', name: 'output' })], {
  ...{ inputShape: [2], seed: flags.seed },
});
const history = await net.fit(data, {
  ...{ loss: 'binaryCrossentropy', optimizer: adam({ learningRate: 0.1 }), batchSize: 64, epochs: 10 * flags.epochs },
  ...{ seed: flags.seed, workers: flags.workers, progress: false, ...limit },
});
print(`\n${await drawMap(net, TRIANGLE)}\n`);

const accuracies = await Promise.all([line, net].map(async (model) => (await model.evaluate(data))['accuracy']));
const [alone, together] = accuracies.map((accuracy) => `${(100 * accuracy).toFixed(1)} %`);
print(`one neuron ${alone} right, with three hidden ones ${styleText('bold', together)}\n`);
printTraining(history);

if (flags.steps === undefined && accuracies[1] < 0.99) {
  process.stderr.write('The net is right about less than 99 % of the points.\n');
  process.exitCode = 1;
}
