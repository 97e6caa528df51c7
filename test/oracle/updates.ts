import type { Loss } from '@lockstep/core';
import { numericGradients, type OracleBatch, type OracleNetwork, parametersOf } from './denseNetwork.ts';

export type OracleGradients = Readonly<Record<string, Float64Array>>;

/**
 * Gradient of several batches together: that of the weighted mean over all of their rows, as if they were one batch. 0
 * where all rows have weight 0.
 */
export function gradientOfGroup(network: OracleNetwork, batches: readonly OracleBatch[], loss: Loss): OracleGradients {
  const isEmpty = batches.every((batch) => weightsOf(network, batch).every((weight) => weight === 0));
  if (!isEmpty) return numericGradients(network, batches, loss);
  return Object.fromEntries(
    parametersOf(network).map(({ name, values }) => [name, new Float64Array(values.length)] as const),
  );
}

function weightsOf({ inputs }: OracleNetwork, { features, sampleWeights }: OracleBatch): number[] {
  const rows = features.length / inputs;
  return Array.from({ length: rows }, (_, row) => (sampleWeights === undefined ? 1 : sampleWeights[row]));
}

/** Length of all gradients as one vector. */
export function globalNorm(gradients: OracleGradients): number {
  let sum = 0;
  for (const values of Object.values(gradients)) for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

/** Scaled down to `largest` where the global norm is above it (Pascanu et al. 2013, algorithm 1). */
export function clipped(gradients: OracleGradients, largest: number): OracleGradients {
  const norm = globalNorm(gradients);
  return norm > largest ? scaled(gradients, largest / norm) : gradients;
}

/** The same for each parameter by itself. */
export function clippedByParameter(gradients: OracleGradients, largest: number): OracleGradients {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, values]) => [name, clipped({ values }, largest)['values']]),
  );
}

export function scaled(gradients: OracleGradients, factor: number): OracleGradients {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, values]) => [name, values.map((value) => value * factor)]),
  );
}
