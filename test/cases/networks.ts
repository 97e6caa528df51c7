import { activationCases } from './activationCases.ts';
import { batchNormalizationCases, normalizationCases } from './normalizationCases.ts';
import { categoryCases } from './categoryCases.ts';
import { customCases } from './customCases.ts';
import { denseCases } from './denseCases.ts';
import { dropoutCases } from './dropoutCases.ts';
import { graphCases } from './graphCases.ts';
import { lossCases } from './lossCases.ts';
import { regularizedCases } from './regularizedCases.ts';
import type { NetworkCase } from './networkCase.ts';

/** A new layer, activation or loss adds a case to one of these lists. */
export const NETWORKS: readonly NetworkCase[] = [
  ...denseCases(),
  ...activationCases(),
  ...lossCases(),
  ...graphCases(),
  ...normalizationCases(),
  ...categoryCases(),
  ...regularizedCases(),
  ...dropoutCases(),
  ...customCases(),
  ...batchNormalizationCases(),
];
