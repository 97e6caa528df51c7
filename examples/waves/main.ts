/** Forms of waves, from a dataset that the example has written itself (wavesDataset.ts): `npx -y pnpm@12 waves`. */
import { styleText } from 'node:util';
import { adam, dense, sequential } from '@lockstep/core';
import { readArguments } from '../shared/arguments.ts';
import { print, printRow, printTraining } from '../shared/printing.ts';
import { wavesDataset } from './wavesDataset.ts';

const flags = readArguments({ epochs: 10, seed: 42 });

print(styleText('bold', 'Lockstep learns to tell triangle, square and sawtooth waves apart'));
const model = sequential([dense(64, { activation: 'relu' }), dense(3, { activation: 'softmax' })], {
  ...{ inputShape: [32], seed: flags.seed },
});
const history = await model.fit(wavesDataset({ rows: 8000, seed: 1 }), {
  ...{ loss: 'sparseCategoricalCrossentropy', optimizer: adam({ learningRate: 0.003 }), metrics: ['accuracy'] },
  ...{ batchSize: 64, epochs: flags.epochs, seed: flags.seed, workers: flags.workers },
  ...(flags.steps === undefined ? {} : { maxSteps: flags.steps }),
});
const { accuracy } = await model.evaluate(wavesDataset({ rows: 1000, seed: 2 }));
printRow('test accuracy', `${(100 * accuracy).toFixed(2)} %`);
printTraining(history);

if (flags.steps === undefined && accuracy < 0.95) {
  process.stderr.write('Less than 95 % of the waves are told apart.\n');
  process.exitCode = 1;
}
