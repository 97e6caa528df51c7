import { checkFitOptions, type Dataset, type TrainBegin } from '@lockstep/core';
import type { TrainFlags } from '../flags.ts';
import type { LoadedConfig } from '../loadConfig.ts';
import { version } from '../version.ts';

/** The content of config.json: all that decides the weights, and where they were computed. */
export function resolvedConfig(config: LoadedConfig, flags: TrainFlags, begin: TrainBegin): object {
  const { loss, optimizer, metrics, epochs, shuffle, seed, maxSteps = null } = checkFitOptions(config.fit);
  const { batchSize, shards, workers, steps } = begin;
  return {
    config: config.path,
    flags,
    model: config.model.spec,
    fit: { loss, optimizer, metrics, batchSize, shards, epochs, maxSteps, shuffle, seed },
    run: { workers, stepsPerEpoch: steps, startedAt: new Date().toISOString() },
    data: describe(config.data),
    validation: config.validation && describe(config.validation),
    test: config.test && describe(config.test),
    versions: { lockstep: version(), node: process.versions.node, platform: `${process.platform}-${process.arch}` },
  };
}

function describe({ rows, featureShape, label, fingerprint }: Dataset): object {
  return { rows, featureShape, label, fingerprint };
}
