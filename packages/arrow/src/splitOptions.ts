import type { SplitRequest } from './layout/request.ts';
import { invalid, requireChoice, requireKeys, requireName } from './optionErrors.ts';
import type { SplitOptions } from './optionTypes.ts';

const NAMES = ['part', 'train', 'validation', 'test', 'by', 'seed', 'column'] as const;
const EXAMPLE = "{ part: 'train', train: 0.8, test: 0.2 }";

/** Shares may be written with few digits, as 0.33 and 0.67, but not forgotten. */
const ROUNDING = 1e-9;

export function checkSplit(split: SplitOptions): SplitRequest {
  requireKeys('.split', split, NAMES, EXAMPLE);
  const { part, by, seed = 0 } = split;
  const shares = { train: split.train, validation: split.validation ?? 0, test: split.test ?? 0 };
  for (const [name, share] of Object.entries(shares)) {
    if (typeof share === 'number' && share >= 0 && share <= 1) continue;
    throw invalid(`.split.${name}`, 'a share of the rows from 0 to 1', share);
  }
  const sum = shares.train + shares.validation + shares.test;
  if (Math.abs(sum - 1) > ROUNDING)
    throw invalid('.split', 'shares that add up to 1', String(sum), `As in ${EXAMPLE}.`);
  const chosen = requireChoice('.split.part', part ?? null, ['train', 'validation', 'test']);
  if (shares[chosen] === 0) throw invalid(`.split.${chosen}`, 'more than 0, as it is the part asked for', 0);
  if (!Number.isSafeInteger(seed) || seed < 0) throw invalid('.split.seed', 'a whole number of at least 0', seed);
  const request = { part: chosen, ...shares, by: requireChoice('.split.by', by, ['fraction', 'hash']), seed };
  if (split.column === undefined) return request;
  const column = requireName('.split.column', split.column);
  if (request.by === 'hash') return { ...request, column };
  throw invalid(
    '.split.by',
    "'hash' beside a column",
    request.by,
    'Rows of one group are kept together by hash alone.',
  );
}
