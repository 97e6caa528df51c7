import type { MapContext, MapRow } from '@lockstep/core';

/** A module for `map`: noise on the features, and now and then the next class. */
export function map(row: MapRow, { random, options }: MapContext<{ readonly noise: number }>): void {
  for (let i = 0; i < row.features.length; i++) row.output[i] = row.features[i] + options.noise * random.normal();
  if (random.below(4) === 0) row.outputLabel[0] = (row.label[0] + 1) % 3;
  row.weight *= 1 + random.uniform();
}
