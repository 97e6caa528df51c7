import { fileURLToPath } from 'node:url';
import { arrowDataset } from '@lockstep/arrow';
import type { Dataset } from '@lockstep/core';

/** Digits of `data/`. Pixels count from 0 to 16. */
export function readDigits(file: string): Promise<Dataset> {
  const path = fileURLToPath(new URL(`data/${file}`, import.meta.url));
  return arrowDataset(path, { features: ['pixels'], label: 'digit', scale: 1 / 16 });
}
