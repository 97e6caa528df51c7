/** Arrow files of pyarrow (test/pyarrow), damaged in many ways, each the same for the same number. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ArrowDatasetOptions } from '@lockstep/arrow';
import { Choices } from './soak.ts';

const filled = (names: readonly string[]): ArrowDatasetOptions['features'] =>
  names.map((column) => ({ column, fillNull: { value: 0, indicator: true } }));
const hot = (names: readonly string[]): ArrowDatasetOptions['features'] =>
  names.map((column) => ({ column, oneHot: true, fillNull: { indicator: true } }));

/** Nulls, lists, bits, halves, 64-bit integers, dates, decimals, and texts of every kind. */
const TYPES: ArrowDatasetOptions = {
  features: [
    ...filled(['int8_null', 'uint64_null', 'float16_null', 'bool_null', 'stamp_ns_null', 'fixed', 'list', 'decimal']),
    ...hot(['text8', 'text32', 'plain', 'view']),
    { column: 'float64_null', normalize: 'zScore', fillNull: 'mean' },
  ],
  label: 'id',
};
const PLAIN: ArrowDatasetOptions = {
  features: ['int16', 'float32', 'day', 'uint8'],
  label: 'id',
  sampleWeight: 'uint16',
};
const FEW: ArrowDatasetOptions = {
  features: filled(['int16_null', 'list', 'float64']),
  label: 'text8',
  onBadRecord: 'skip',
};
const TEXTS: ArrowDatasetOptions = { features: ['id'], label: 'text' };

const SOURCES: readonly (readonly [file: string, options: ArrowDatasetOptions])[] = [
  ['types.arrow', TYPES],
  ['types.arrow', PLAIN],
  ['types.arrows', TYPES],
  ['types.arrows', PLAIN],
  ['types-lz4.arrow', TYPES],
  ['types-zstd.arrows', TYPES],
  ['legacy.arrow', FEW],
  ['legacy.arrows', FEW],
  ['deltas.arrows', TEXTS],
  ['replaced.arrows', TEXTS],
];
const contents = new Map<string, Buffer>();

export interface DamagedArrow {
  readonly source: string;
  readonly options: ArrowDatasetOptions;
  readonly bytes: Uint8Array;
  readonly damage: string;
}

export function damagedArrow(number: number): DamagedArrow {
  const choices = new Choices(number);
  const [source, options] = SOURCES[number % SOURCES.length];
  if (!contents.has(source)) {
    contents.set(source, readFileSync(fileURLToPath(new URL(`../pyarrow/${source}`, import.meta.url))));
  }
  const whole = contents.get(source)!;
  const damage = choices.weighted({ bit: 4, byte: 3, integer: 2, cut: 2, zeros: 1, moved: 1, inserted: 1 });
  return { source, options, damage, bytes: applyDamage(whole, damage, choices) };
}

function applyDamage(whole: Buffer, damage: string, choices: Choices): Uint8Array {
  const bytes = Uint8Array.from(whole);
  const at = choices.below(bytes.length);
  if (damage === 'cut') return bytes.subarray(0, at);
  if (damage === 'bit') bytes[at] ^= 1 << choices.below(8);
  if (damage === 'byte') bytes[at] = (bytes[at] + choices.between(1, 255)) & 255;
  if (damage === 'zeros') bytes.fill(0, at, at + choices.between(1, 64));
  if (damage === 'moved') bytes.copyWithin(at, choices.below(bytes.length), choices.below(bytes.length));
  if (damage === 'integer') {
    // Where an integer of the metadata may stand, one that is far too large, or negative.
    const value = choices.pick([-1, 0, 1, 2 ** 31 - 1, -(2 ** 31), 2 ** 30, 65_536]);
    const view = new DataView(bytes.buffer);
    view.setInt32(Math.min(at & ~3, (bytes.length - 4) & ~3), value, true);
  }
  if (damage !== 'inserted') return bytes;
  const extra = new Uint8Array(choices.between(1, 16)).fill(choices.below(256));
  return Buffer.concat([bytes.subarray(0, at), extra, bytes.subarray(at)]);
}
