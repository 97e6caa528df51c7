import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { collect, parseAssignment, parseLearningRate, parsePositiveInteger, parseSeed, parseWorkers } from './flags.ts';

const NOT_DIGITS = ['', ' ', '1.5', '1e3', '0x10', '-1', '+1', 'ten', '9007199254740993', 'NaN'];

describe('flags that are whole numbers', () => {
  it('take plain digits', () => {
    expect(parsePositiveInteger('12')).toBe(12);
    expect(parseSeed('0')).toBe(0);
    expect(parseSeed('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(parseWorkers('3')).toBe(3);
    expect(parseWorkers('auto')).toBe('auto');
  });

  it.each(NOT_DIGITS)('refuse %j', (text) => {
    for (const parse of [parsePositiveInteger, parseSeed, parseWorkers]) {
      expect(() => parse(text)).toThrow(InvalidArgumentError);
    }
  });

  it('refuse 0 where at least 1 is meant', () => {
    expect(() => parsePositiveInteger('0')).toThrow(/at least 1/);
    expect(() => parseWorkers('0')).toThrow(/at least 1/);
  });
});

describe('--learning-rate', () => {
  it('takes any number above 0', () => {
    expect(parseLearningRate('1e-3')).toBe(0.001);
    expect(parseLearningRate('2')).toBe(2);
  });

  it.each(['', ' ', '0', '-0.1', 'Infinity', 'NaN', 'fast', '0.1x'])('refuses %j', (text) => {
    expect(() => parseLearningRate(text)).toThrow(/greater than 0/);
  });
});

describe('--set', () => {
  it.each([
    ['fit.epochs=3', ['epochs'], 3],
    ['fit.shuffle=false', ['shuffle'], false],
    ['fit.workers=auto', ['workers'], 'auto'],
    ['fit.optimizer.learningRate=0.01', ['optimizer', 'learningRate'], 0.01],
    ['fit.metrics=["accuracy"]', ['metrics'], ['accuracy']],
    ['fit.loss=a=b', ['loss'], 'a=b'],
    ['fit.loss=', ['loss'], ''],
  ])('reads %s', (text, path, value) => {
    expect(parseAssignment(text)).toEqual({ path, value });
  });

  it.each(['', '=1', 'fit', 'fit=1', 'fit.=1', 'fit..a=1', 'epochs=3', 'model.seed=1', 'fit.epochs'])(
    'refuses %j',
    (text) => {
      expect(() => parseAssignment(text)).toThrow(/Expected fit\./);
    },
  );

  it('may be repeated', () => {
    const parse = collect(parseAssignment);
    expect(parse('fit.b=2', parse('fit.a=1'))).toEqual([
      { path: ['a'], value: 1 },
      { path: ['b'], value: 2 },
    ]);
  });
});
