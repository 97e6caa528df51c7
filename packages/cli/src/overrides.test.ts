import { adam, dense, LockstepError, sequential, sgd, tensorDataset } from '@lockstep/core';
import { describe, expect, it } from 'vitest';
import type { LoadedConfig } from './loadConfig.ts';
import { applyFlags, assign, inheritFlags } from './overrides.ts';

function config(fit: LoadedConfig['fit'] = { loss: 'meanSquaredError' }): LoadedConfig {
  return {
    path: '/nowhere/config.ts',
    model: sequential([dense(1)], { inputShape: [1], seed: 1 }),
    data: tensorDataset({ features: [1, 2], labels: [1, 2], featureShape: [1] }),
    validation: null,
    test: null,
    fit,
  };
}

const set = (path: string, value: unknown): { path: string[]; value: unknown } => ({ path: path.split('.'), value });

describe('assign', () => {
  it('copies what lies on the path and nothing else', () => {
    const before = { a: { b: 1 }, c: { d: 2 } };
    const after = assign(before, set('a.b', 3), 0) as typeof before;
    expect(after).toEqual({ a: { b: 3 }, c: { d: 2 } });
    expect(before.a.b).toBe(1);
    expect(after.c).toBe(before.c);
  });

  it('cannot reach a prototype', () => {
    const error = catchError(() => assign({}, set('__proto__.polluted', true), 0));
    expect(error.code).toBe('INVALID_OPTION');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('refuses to go into what is no object, and names the place', () => {
    const error = catchError(() => assign({ loss: 'x' }, set('loss.kind', 1), 0));
    expect(error.place).toBe('--set fit.loss.kind');
    expect(error.expected).toBe('an object at fit.loss');
    expect(error.received).toBe('"x"');
  });
});

describe('applyFlags', () => {
  it('leaves a config without flags as it is, with the default optimizer', () => {
    const before = config();
    const after = applyFlags(before, {});
    expect(after.fit).toEqual({ ...before.fit, optimizer: adam() });
    expect(after.model).toBe(before.model);
  });

  it('puts each flag into its option', () => {
    const flags = { epochs: 3, batchSize: 4, learningRate: 0.5, workers: 2, maxSteps: 5 } as const;
    const { fit } = applyFlags(config({ loss: 'meanSquaredError', optimizer: sgd({ momentum: 0.9 }) }), flags);
    expect(fit).toMatchObject({ epochs: 3, batchSize: 4, workers: 2, maxSteps: 5 });
    expect(fit.optimizer).toEqual(sgd({ momentum: 0.9, learningRate: 0.5 }));
  });

  it('seeds weights and shuffle alike', () => {
    const { fit, model } = applyFlags(config(), { seed: 9 });
    expect(fit.seed).toBe(9);
    expect(model.spec.seed).toBe(9);
    expect(model.weightsHash()).toBe(sequential([dense(1)], { inputShape: [1], seed: 9 }).weightsHash());
  });

  it('lets --set win over other flags, and later ones over earlier ones', () => {
    const assignments = [set('epochs', 7), set('epochs', 8)];
    expect(applyFlags(config(), { epochs: 3, set: assignments }).fit.epochs).toBe(8);
  });

  it('checks what was set in the optimizer', () => {
    const apply = (path: string, value: unknown): LockstepError =>
      catchError(() => applyFlags(config(), { set: [set(path, value)] }));
    expect(apply('optimizer.learningRate', -1).place).toBe('adam.learningRate');
    expect(apply('optimizer.learningrate', 1).place).toBe('adam.learningrate');
  });

  it('fills in the rest of an optimizer that was set whole', () => {
    const optimizer = set('optimizer', { kind: 'sgd', learningRate: 0.5 });
    expect(applyFlags(config(), { set: [optimizer] }).fit.optimizer).toEqual(sgd({ learningRate: 0.5 }));
  });
});

describe('checkpoints of a config', () => {
  const checkpointOf = (checkpoint?: unknown, flags: Parameters<typeof applyFlags>[1] = {}): unknown =>
    applyFlags(
      config({ loss: 'meanSquaredError', ...(checkpoint === undefined ? {} : { checkpoint }) } as never),
      flags,
    ).checkpoint;

  it('are written every ten minutes, or as config and flags say', () => {
    expect(checkpointOf()).toEqual({ everySeconds: 600 });
    expect(checkpointOf({ keepBest: 'valLoss' })).toEqual({ keepBest: 'valLoss', everySeconds: 600 });
    expect(checkpointOf({ everySteps: 5 })).toEqual({ everySteps: 5 });
    expect(checkpointOf({ everySteps: 5 }, { checkpointEvery: 7 })).toEqual({ everySteps: 7 });
    expect(checkpointOf(undefined, { set: [set('checkpoint.keepLast', 9)] })).toEqual({
      keepLast: 9,
      everySeconds: 600,
    });
  });

  it('are none with false and --no-checkpoint', () => {
    expect(checkpointOf(false)).toBeNull();
    expect(checkpointOf({ everySteps: 5 }, { checkpoint: false })).toBeNull();
    expect(checkpointOf(undefined, { set: [set('checkpoint', false)] })).toBeNull();
    expect(checkpointOf(false, { checkpointEvery: 3 })).toEqual({ everySteps: 3 });
  });

  it('have no directory of their own', () => {
    expect(catchError(() => checkpointOf({ directory: 'x' })).place).toBe('fit.checkpoint.directory');
  });
});

describe('inheritFlags', () => {
  it('keeps what decides the weights and the length, and not how it is run', () => {
    const began = { epochs: 3, seed: 5, workers: 4, maxTime: 60, checkpoint: false, checkpointEvery: 10 };
    expect(inheritFlags(began, {})).toEqual({ epochs: 3, seed: 5, checkpointEvery: 10 });
  });

  it('lets flags of now win, also over an old --set', () => {
    const began = { epochs: 3, set: [set('seed', 4), set('optimizer.beta1', 0.5)] };
    expect(inheritFlags(began, { epochs: 9, seed: 6 })).toEqual({
      epochs: 9,
      seed: 6,
      set: [set('optimizer.beta1', 0.5)],
    });
    const anew = set('optimizer.beta1', 0.7);
    expect(inheritFlags(began, { set: [anew] })).toEqual({ epochs: 3, set: [set('seed', 4), anew] });
  });

  it('changes nothing when the same flags are given again', () => {
    const flags = { epochs: 3, set: [set('seed', 4)] };
    expect(inheritFlags(flags, flags)).toEqual(flags);
  });
});

function catchError(action: () => unknown): LockstepError {
  try {
    action();
  } catch (error) {
    if (error instanceof LockstepError) return error;
    throw error;
  }
  throw new Error('expected an error');
}
