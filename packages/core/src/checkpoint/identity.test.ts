import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, differences, hashOf, requireSame } from './identity.ts';

/** The same value with the names of all objects in another order. */
function reordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(reordered);
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, part]) => [name, reordered(part)]),
  );
}

describe('canonicalJson and hashOf', () => {
  test('are of the value, whatever the order of its members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reordered(value))).toBe(canonicalJson(value));
        expect(hashOf(JSON.parse(canonicalJson(value)))).toBe(hashOf(value));
      }),
    );
    expect(canonicalJson({ b: [1, -0, 1e21, 0.1], a: { d: undefined, c: 'é' } })).toBe(
      '{"a":{"c":"é"},"b":[1,-0,1e+21,0.1]}',
    );
    // Of the text's UTF-8, as any program computes it.
    expect(hashOf({ b: 1, a: 'é' })).toBe(createHash('sha256').update('{"a":"é","b":1}').digest('hex'));
  });

  test('differ for other values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const isSame = canonicalJson(one) === canonicalJson(other);
        expect(hashOf(one) === hashOf(other)).toBe(isSame);
        expect(differences(one, other).listed.length === 0).toBe(isSame);
      }),
    );
  });

  test('refuse what JSON loses', () => {
    expect(() => hashOf({ fit: { learningRate: NaN } })).toThrow(
      expect.objectContaining({ code: 'INVALID_DATA', place: 'configuration.fit.learningRate' }),
    );
  });
});

describe('differences', () => {
  const layers = [{ units: 4 }, { units: 2, name: 'out' }];
  const configuration = { model: { layers }, fit: { batchSize: 64, seed: 0 }, validation: null };

  test('none', () => {
    expect(differences(configuration, structuredClone(configuration))).toEqual({ listed: [], more: 0 });
    expect(differences({ a: undefined }, {})).toEqual({ listed: [], more: 0 });
  });

  test('are named by their paths', () => {
    const other = {
      fit: { batchSize: 32, seed: -0, epochs: 3 },
      validation: { rows: 5 },
      model: { layers: [layers[0], { units: 3 }, { units: 1 }] },
    };
    expect(differences(configuration, other).listed).toEqual([
      { path: 'model.layers[1].units', expected: 2, actual: 3 },
      { path: 'model.layers[1].name', expected: 'out', actual: undefined },
      { path: 'model.layers[2]', expected: undefined, actual: { units: 1 } },
      { path: 'fit.batchSize', expected: 64, actual: 32 },
      { path: 'fit.seed', expected: 0, actual: -0 },
      { path: 'fit.epochs', expected: undefined, actual: 3 },
      { path: 'validation', expected: null, actual: { rows: 5 } },
    ]);
  });

  test('of kinds, and of names that objects have by themselves', () => {
    expect(differences([1], { 0: 1 }).listed).toHaveLength(1);
    expect(differences({}, { toString: 1 }).listed).toEqual([{ path: 'toString', expected: undefined, actual: 1 }]);
    expect(differences(JSON.parse('{"__proto__":1}'), {}).listed).toHaveLength(1);
  });

  test('are bounded in number', () => {
    const { listed, more } = differences(Array(100).fill(0), Array(100).fill(1));
    expect([listed.length, more]).toEqual([8, 92]);
  });
});

describe('requireSame', () => {
  test('passes what is the same', () => {
    expect(() => requireSame({ a: { b: [1] } }, { a: { b: [1] } }, 'file')).not.toThrow();
  });

  test('names what differs, and what to do', () => {
    const checkpoint = { fit: { batchSize: 64, loss: 'x' }, data: { fingerprint: 'a'.repeat(64) } };
    const run = { fit: { batchSize: 32, shards: 2 }, data: { fingerprint: 'b'.repeat(64) } };
    expect(() => requireSame(checkpoint, run, 'runs/checkpoint-1')).toThrow(
      expect.objectContaining({
        code: 'CHECKPOINT_MISMATCH',
        place: 'runs/checkpoint-1',
        received:
          'one of others: fit.batchSize is 64 in the checkpoint and 32 now; fit.loss is "x" in the checkpoint and ' +
          'missing now; fit.shards is missing in the checkpoint and 2 now; data.fingerprint is aaaaaaaaaaaa… in the ' +
          'checkpoint and bbbbbbbbbbbb… now',
        advice:
          'To go on with it, give the run what the checkpoint has; to begin anew, give it another folder. ' +
          'The data must be the same rows in the same order.',
      }),
    );
  });

  test('says how many more there are', () => {
    const of = (value: number): Record<string, unknown> => ({ a: Array(20).fill(value) });
    expect(() => requireSame(of(0), of(1), 'file')).toThrow('; and 12 more');
  });
});
