import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NETWORKS, OPTIMIZERS } from '../cases.ts';

/**
 * T17: the same answers as the tools that one would use, on the same numbers. test/pytorch.test.ts compares trainings with PyTorch's,
 * ten steps and a thousand, test/pytorchFunctions.test.ts values and gradients of layers, activations and losses; test/sklearn.test.ts
 * compares what networks learn with scikit-learn. Here: what is compared with PyTorch is all that both have.
 */
function recorded(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../pytorch/${file}`, import.meta.url), 'utf8'));
}

const nameOf = (value: string | { readonly kind: string }): string => (typeof value === 'string' ? value : value.kind);

test('T17: trainings with every optimizer that PyTorch has too', () => {
  const { runs } = recorded('recorded.json') as { runs: Record<string, { kind: string }> };
  const ours = new Set<string>(OPTIMIZERS.map(({ create }) => create().kind));
  expect(ours.difference(new Set(Object.values(runs).map(({ kind }) => kind)))).toEqual(new Set(['lion']));
});

test('T17: values and gradients of every activation and loss that PyTorch has too', () => {
  interface Functions {
    readonly functions: readonly { readonly activation: string; readonly loss: { readonly kind: string } }[];
  }
  const { functions } = recorded('recordedFunctions.json') as Functions;
  const activations = new Set(functions.map(({ activation }) => activation.replace(/,.*/, '')));
  const used = NETWORKS.flatMap((network) => {
    const layers = network.layers();
    return 'output' in layers ? [] : layers.flatMap((each) => ('activation' in each ? [nameOf(each.activation)] : []));
  });
  // A step has no gradient to compare.
  expect(new Set(used).difference(activations)).toEqual(new Set(['step']));
  const losses = new Set<string>(NETWORKS.map(({ loss }) => nameOf(loss)));
  const compared = new Set(functions.map(({ loss }) => loss.kind));
  // These it has not, nor the one that a user wrote.
  expect(losses.difference(compared)).toEqual(new Set(['logCosh', 'hinge', 'perceptron', 'custom']));
});
