/**
 * Writes data/digits-train.arrow and data/digits-test.arrow again, byte for byte, from Debian's package
 * python3-sklearn:
 *
 *   node --conditions=lockstep-source examples/digits/makeData.ts [digits.csv.gz [folder]]
 *
 * Nothing needs to be made to run the example: both files are in the repository. See data/SOURCE.md.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { writeArrow } from '@lockstep/arrow';

const DEBIAN_FILE = '/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz';
const SOURCE_SHA256 = '46abec6b12486ad9e51943373abcf22bbea1b5a51a1619b361570d8893f1464a';
const PIXELS = 64;
const ROWS = 1797;
const TEST_ROWS = 360;
const SEED = 1998;

/** A row of the source: 64 pixel counts from 0 to 16, then the digit. */
type Row = readonly number[];

export function parseRows(csv: string): Row[] {
  const rows = csv
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  if (rows.length !== ROWS) throw new Error(`expected ${ROWS} rows, received ${rows.length}`);
  rows.forEach((row, i) => {
    const isPixel = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 16;
    if (row.length === PIXELS + 1 && row.every(isPixel) && row[PIXELS] <= 9) return;
    throw new Error(`row ${i}: expected ${PIXELS} integers from 0 to 16 and a digit, received ${row.join()}`);
  });
  return rows;
}

/**
 * A fixed permutation of [0, count): Fisher–Yates from the end, its draws `hash(SEED, i) mod (i + 1)`. The modulus
 * favours some places by less than one part in a million, which is nothing for a split.
 */
export function permutation(count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = hash(SEED, i) % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** 32 bits from two integers: multiply by odd constants and fold the high half onto the low one, three times over. */
function hash(seed: number, index: number): number {
  let bits = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca77)) >>> 0;
  for (const factor of [0x7feb352d, 0x846ca68b, 0x9e3779b1]) {
    bits = Math.imul(bits ^ (bits >>> 16), factor) >>> 0;
  }
  return (bits ^ (bits >>> 15)) >>> 0;
}

async function writeRows(path: string, rows: readonly Row[]): Promise<void> {
  const columns = [
    { name: 'pixels', kind: 'uint8' as const, listSize: PIXELS },
    { name: 'digit', kind: 'uint8' as const },
  ];
  const pixels = Uint8Array.from(rows.flatMap((row) => row.slice(0, PIXELS)));
  await writeArrow(path, columns, [[pixels, Uint8Array.from(rows, (row) => row[PIXELS])]]);
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  console.log(`${sha256}  ${path} (${rows.length} rows)`);
}

export async function makeData(source: string, folder: string): Promise<void> {
  const packed = readFileSync(source);
  const sha256 = createHash('sha256').update(packed).digest('hex');
  if (sha256 !== SOURCE_SHA256) {
    console.warn(`${source} has SHA-256 ${sha256}, not ${SOURCE_SHA256}: the results may differ.`);
  }
  const rows = parseRows(gunzipSync(packed).toString('utf8'));
  const order = permutation(ROWS);
  const pick = (indices: readonly number[]): Row[] => indices.map((index) => rows[index]);
  await writeRows(join(folder, 'digits-train.arrow'), pick(order.slice(TEST_ROWS)));
  await writeRows(join(folder, 'digits-test.arrow'), pick(order.slice(0, TEST_ROWS)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [source = DEBIAN_FILE, folder = fileURLToPath(new URL('data', import.meta.url))] = process.argv.slice(2);
  await makeData(source, folder);
}
