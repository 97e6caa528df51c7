import { expect, test } from 'vitest';
import { didYouMean, nearestName } from './spelling.ts';

const OPTIONS = [
  'loss',
  'optimizer',
  'metrics',
  'batchSize',
  'epochs',
  'validation',
  'validationSplit',
  'progress',
  'seed',
];

test.each([
  ['batch_size', 'batchSize'],
  ['BATCHSIZE', 'batchSize'],
  ['batchsise', 'batchSize'],
  ['btachSize', 'batchSize'],
  ['epoch', 'epochs'],
  ['validation_split', 'validationSplit'],
  ['validationData', 'validation'],
  ['verbose', 'progress'],
  ['optimiser', 'optimizer'],
  ['', null],
  ['zzz', null],
  ['size', null],
  ['constructor', null],
  ['__proto__', null],
])('%s was meant as %s', (given, meant) => {
  expect(nearestName(given, OPTIONS)).toBe(meant);
});

test('of two that are near, the nearer one', () => {
  expect(nearestName('beta3', ['beta12', 'beta1'])).toBe('beta1');
  expect(
    nearestName('sparse_categorical_crossentropy', ['categoricalCrossentropy', 'sparseCategoricalCrossentropy']),
  ).toBe('sparseCategoricalCrossentropy');
});

test('what is no text, or a name as it is, is no question', () => {
  expect(didYouMean(3, OPTIONS)).toBe('');
  expect(didYouMean('loss', OPTIONS)).toBe('');
  expect(didYouMean('los', OPTIONS)).toBe('Did you mean loss? ');
});

test('letters are those of all languages', () => {
  expect(nearestName('年齢', ['身長', '年齢 '])).toBe('年齢 ');
  expect(nearestName('Größe', ['größe', 'gre'])).toBe('größe');
  expect(nearestName('+', ['-', '*'])).toBe(null);
});
