/**
 * The order of an epoch, computed from docs/data.md ("The order of an epoch") alone, in 64-bit integers: slow, and without a line of
 * the packages, so that the document and they are held together.
 */
const WORD = 0xffff_ffffn;

export interface DocumentedOrder {
  readonly chunkRows: readonly number[];
  readonly windowBytesPerRow: number;
  readonly windowBytes: number;
  readonly seed: number;
  readonly epoch: number;
}

/** Rows of the dataset, in the order in which an epoch takes them. */
export function documentedOrder({ chunkRows, windowBytesPerRow, windowBytes, seed, epoch }: DocumentedOrder): number[] {
  const chunks = chunkRows.map((_, chunk) => chunk);
  shuffled(chunks, seed, [2, epoch, 0]);
  const windows: number[][] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    const own = chunkRows[chunk] * windowBytesPerRow;
    const last = windows.at(-1);
    if (last === undefined || bytes + own > windowBytes) windows.push([chunk]);
    else last.push(chunk);
    bytes = windows.at(-1)!.length === 1 ? own : bytes + own;
  }
  return windows.flatMap((window, w) => {
    const rows = window.flatMap((chunk) => {
      const first = chunkRows.slice(0, chunk).reduce((sum, count) => sum + count, 0);
      return Array.from({ length: chunkRows[chunk] }, (_, row) => first + row);
    });
    return shuffled(rows, seed, [3, epoch, w]);
  });
}

/** Purpose, stream and substream. */
type Sequence = readonly [number, number, number];

function shuffled(items: number[], seed: number, sequence: Sequence): number[] {
  for (let i = items.length - 1; i >= 1; i--) {
    const j = below(i + 1, seed, sequence, i);
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}

function below(bound: number, seed: number, sequence: Sequence, index: number): number {
  const least = (2n ** 32n - BigInt(bound)) % BigInt(bound);
  for (let attempt = 0; ; attempt++) {
    const product = word(seed, sequence, index, attempt) * BigInt(bound);
    if ((product & WORD) >= least) return Number(product >> 32n);
  }
}

function word(seed: number, [purpose, stream, substream]: Sequence, index: number, attempt: number): bigint {
  const counter = [Math.floor(index / 4), substream, purpose * 2 ** 24 + attempt, stream].map(BigInt);
  const key = [BigInt(seed) & WORD, BigInt(seed) >> 32n];
  return philox(counter, key)[index % 4];
}

/** Philox4x32-10 as the paper has it: ten rounds, the key bumped by the Weyl constants between them. */
export function philox(counter: readonly bigint[], key: readonly bigint[]): bigint[] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * c0;
    const product1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(product1 >> 32n) ^ c1 ^ k0, product1 & WORD, (product0 >> 32n) ^ c3 ^ k1, product0 & WORD];
    k0 = (k0 + 0x9e3779b9n) & WORD;
    k1 = (k1 + 0xbb67ae85n) & WORD;
  }
  return [c0, c1, c2, c3];
}
