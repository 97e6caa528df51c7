import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeJson, JsonRefused, parseJson } from './parseJson.ts';
import { JSON_LIMITS, writeJson } from './writeJson.ts';

const write = (value: unknown, sorted = false): string => writeJson(value, { place: 'value', sorted });

describe('writeJson and parseJson', () => {
  test('give every value back, to the sign of zero, and agree with JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = write(value);
        // Not toEqual: it takes 0 for -0.
        expect(write(parseJson(text, JSON_LIMITS))).toBe(text);
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value));
      }),
      { numRuns: 500 },
    );
    expect(Object.is(parseJson(write(-0), JSON_LIMITS), -0)).toBe(true);
    for (const number of [0.1 + 0.2, 5e-324, Number.MAX_VALUE, 2 ** 53, 1e21, 123456789012345680000]) {
      expect(parseJson(write(number), JSON_LIMITS)).toBe(number);
    }
  });

  test('keep names that objects have by themselves, and well-formed text of any other', () => {
    const text = '{"__proto__":{"a":1},"constructor":[],"\\ud800":"\\udc00"}';
    expect(write(parseJson(text, JSON_LIMITS))).toBe(text);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  test('sort names if asked, at every depth', () => {
    const value = { b: [{ d: 1, c: undefined, a: 2 }], B: 0, ä: null, '10': 1, '9': 2 };
    expect(write(value, true)).toBe('{"10":1,"9":2,"B":0,"b":[{"a":2,"d":1}],"ä":null}');
  });
});

describe('writeJson refuses', () => {
  const loop: unknown[] = [];
  loop.push(loop, loop);
  let deep: unknown = 0;
  for (let depth = 0; depth <= JSON_LIMITS.depth; depth++) deep = { deep };
  test.each([
    ['NaN', { a: [NaN] }, 'value.a[0]', 'NaN'],
    ['an infinity', [-Infinity], 'value[0]', '-Infinity'],
    ['a bigint', 1n, 'value', 'bigint'],
    ['nothing', undefined, 'value', 'undefined'],
    ['a hole', [1, , 3], 'value[1]', 'undefined'], // oxlint-disable-line no-sparse-arrays
    ['a function', { toJSON: () => 1 }, 'value.toJSON', 'function'],
    ['a date', new Date(0), 'value', 'a class'],
    ['a map', { a: new Map() }, 'value.a', 'a class'],
    ['an array of weights', { a: new Float32Array(2) }, 'value.a', 'a class'],
    ['what contains itself', loop, 'value', 'lists and objects in each other'],
    ['what is too deep', deep, 'value', 'more than 64'],
    ['what is too long', Array.from({ length: 5_000_000 }, () => 0), 'value', 'more than 4000000'],
  ])('%s', (_, value, place, received) => {
    expect(() => write(value)).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        place: expect.stringContaining(place) as string,
        received: expect.stringContaining(received) as string,
      }),
    );
  });
});

describe('parseJson refuses', () => {
  const limits = { depth: 3, values: 100 };
  test.each([
    ['no JSON', '{"a":', 'SyntaxError'],
    ['nothing', '', 'SyntaxError'],
    ['an open string', '"abc\\"', 'SyntaxError'],
    ['one level too many', '[[[[1]]]]', 'more than 3 deep'],
    ['16 MiB of brackets', '['.repeat(16 * 2 ** 20), 'more than 3 deep'],
    ['too many values', `[${'0,'.repeat(200)}0]`, 'more than 100 values'],
    ['too many objects', `[${'{}'.repeat(200)}]`, 'more than 100 values'],
    ['a name twice', '{"a":1,"b":2,"a":1}', 'twice'],
    ['a name twice, written in two ways', '{"a":1,"\\u0061":1}', 'twice'],
    ['a name twice, inside', '[{"b":{"a":1,"a":1}}]', 'twice'],
    ['a number beyond all', '{"a":[-1e400]}', 'beyond float64'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":1}', 'twice'],
  ])('%s', (_, text, reason) => {
    const begin = performance.now();
    expect(() => parseJson(text, limits)).toThrow(JsonRefused);
    expect(() => parseJson(text, limits)).toThrow(reason);
    expect(performance.now() - begin).toBeLessThan(1000);
  });

  test('but not brackets, colons and quotes in text', () => {
    const value = { a: '[[[[[{"a":1,"a":1}]]]]', 'b\\"': '\\', c: ':::,,,' };
    expect(parseJson(JSON.stringify(value), limits)).toEqual(value);
  });
});

test('values are described by nothing of their own', () => {
  const hostile = { toString: 1, toJSON: null, length: 2 ** 40 };
  expect([hostile, [[[]]], null, undefined, -1.5, 'a"b', 'x'.repeat(1e6)].map(describeJson)).toEqual([
    'an object',
    'a list of 1',
    'null',
    'nothing',
    '-1.5',
    '"a\\"b"',
    `"${'x'.repeat(58)}…`,
  ]);
});
