import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CliFolder } from './support/cli.ts';

// The command and a config with a layer and a loss of a user's own, in a module beside it.

let cli: CliFolder;

const MODULE = `import { defineLayer, defineLoss, log } from '@lockstep/core/layer';
export const square = defineLayer(import.meta.url, {
  name: 'square',
  forward({ input, output }) {
    for (let i = 0; i < input.length; i++) output[i] = input[i] * input[i];
  },
  backward({ input, outputGradient, inputGradient }) {
    for (let i = 0; i < input.length; i++) inputGradient[i] = 2 * input[i] * outputGradient[i];
  },
});
export const likelihood = defineLoss(import.meta.url, {
  name: 'likelihood',
  labelWidth: () => 1,
  loss: ({ output, label }) => -log(output[label[0]]),
  gradient({ output, label, outputGradient }) {
    outputGradient.fill(0);
    outputGradient[label[0]] = -1 / output[label[0]];
  },
});
`;

beforeAll(async () => {
  cli = new CliFolder();
  writeFileSync(join(cli.path, 'square.js'), MODULE);
  writeFileSync(join(cli.path, 'package.json'), '{ "type": "module" }');
  cli.writeConfig('own.config.ts', {
    body: `import { likelihood, square } from './square.js';`,
    fit: 'loss: likelihood(), metrics: []',
    members: `model: sequential([dense(32), square(), dense(10, { activation: 'softmax' })], { inputShape: [64] }),`,
  });
  const args = ['--no-progress', '--checkpoint-every', '23', '--workers', '2', '--out', 'run'];
  const { code, stderr } = await cli.lockstep(['train', 'own.config.ts', ...args]);
  if (code !== 0) throw new Error(stderr);
});
afterAll(() => cli.remove());

test('lockstep verify computes the run again, whose config brings the layer', async () => {
  const { code, stdout, stderr } = await cli.lockstep(['verify', 'run']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^model\.safetensors +46 +(\w+…) +\1 +agrees$/m);
  expect(stdout).toMatch(/^run is verified/m);
});

test('lockstep inspect shows what a file has, and says which layer it lacks', async () => {
  const model = await cli.lockstep(['inspect', 'run/model.safetensors']);
  expect({ code: model.code, stderr: model.stderr }).toEqual({ code: 0, stderr: '' });
  expect(model.stdout).toMatch(/^dense_1\/kernel +F32 +\[64, 32\]/m);
  expect(model.stdout).toContain(
    'The model has layers that are not in the file: layer "square_2" is the layer "square", which a user wrote in a module.',
  );
  const file = 'run/checkpoints/checkpoint-000000000046.safetensors';
  const { stdout } = await cli.lockstep(['inspect', file, '--json']);
  const { checkpoint, model: absent, modelUnknown } = JSON.parse(stdout);
  expect(checkpoint).toMatchObject({ checksum: 'verified', position: { steps: 46 } });
  expect(absent).toBeNull();
  expect(modelUnknown).toContain('square_2');
});

test('another module is not the run any more', async () => {
  const path = join(cli.path, 'square.js');
  writeFileSync(path, `${readFileSync(path, 'utf8')}// Changed.\n`);
  const { code, stderr } = await cli.lockstep(['verify', 'run']);
  writeFileSync(path, MODULE);
  expect(code).toBe(1);
  expect(stderr).toMatch(/model\.layers\[1\]\.source was (\w+…) in the run and is (?!\1)\w+… now.*CHECKPOINT_MISMATCH/);
});
