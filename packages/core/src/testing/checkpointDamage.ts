/** Damage to checkpoint files, by chance and by intent; the same for the same seed. */
import { createHash } from 'node:crypto';
import { CHECKSUM_POSITION } from '../checkpoint/format.ts';

/** Whole numbers from 0 to below `limit`. */
export type Random = (limit: number) => number;

/** Mulberry32: enough for tests. */
export function randomNumbers(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** One damaged file, with the name of what was done to it. */
export function damage(whole: Buffer, random: Random): { readonly kind: string; readonly file: Buffer } {
  const [kind, change] = pick(KINDS, random);
  let file = change(Buffer.from(whole), random);
  // Most with a valid checksum, so that what comes behind it is tried too.
  if (random(4) > 0) file = seal(file);
  return { kind, file };
}

type Change = (file: Buffer, random: Random) => Buffer;

const KINDS: readonly (readonly [string, Change])[] = [
  ['flipped bits', flipBits],
  ['a cut', (file, random) => file.subarray(0, random(file.length))],
  ['bytes added', (file, random) => Buffer.concat([file, Buffer.alloc(1 + random(100), random(256))])],
  ['a range twice', duplicateRange],
  ['a range lost', loseRange],
  ['a length', changeLength],
  ['text of the header', changeText],
  ['JSON of the header', (file, random) => editHeader(file, (header) => changeValue(header, random))],
  ['JSON of the checkpoint', (file, random) => editText(file, 'lockstep.checkpoint', random)],
  ['JSON of the checkpoint', (file, random) => editText(file, 'lockstep.checkpoint', random)],
  ['JSON of the checkpoint', (file, random) => editText(file, 'lockstep.checkpoint', random)],
  ['JSON of the model', (file, random) => editText(file, 'lockstep.spec', random)],
];

/** The file with the checksum that it should have, where there is room for one. */
export function seal(file: Buffer): Buffer {
  const end = CHECKSUM_POSITION + 64;
  if (file.length < end) return file;
  const sealed = Buffer.from(file).fill('0', CHECKSUM_POSITION, end, 'latin1');
  sealed.write(createHash('sha256').update(sealed).digest('hex'), CHECKSUM_POSITION, 'latin1');
  return sealed;
}

function flipBits(file: Buffer, random: Random): Buffer {
  for (let count = 1 + random(8); count > 0; count--) file[random(file.length)] ^= 1 << random(8);
  return file;
}

function duplicateRange(file: Buffer, random: Random): Buffer {
  const [from, to] = range(file, random);
  const at = random(file.length);
  return Buffer.concat([file.subarray(0, at), file.subarray(from, to), file.subarray(at)]);
}

function loseRange(file: Buffer, random: Random): Buffer {
  const [from, to] = range(file, random);
  return Buffer.concat([file.subarray(0, from), file.subarray(to)]);
}

function range(file: Buffer, random: Random): [number, number] {
  const from = random(file.length);
  return [from, Math.min(file.length, from + 1 + random(200))];
}

function changeLength(file: Buffer, random: Random): Buffer {
  const length = file.readBigUInt64LE(0);
  const others = [
    0n,
    1n,
    length - 1n,
    length + 1n,
    length * 2n,
    2n ** 24n,
    2n ** 32n,
    2n ** 53n,
    2n ** 63n,
    2n ** 64n - 1n,
  ];
  file.writeBigUInt64LE(pick(others, random), 0);
  return file;
}

const TEXTS = ['"', '{', '}', '[', ']', ',', ':', '\\', '-', '1e999', '9'.repeat(400), ' ', '\0', '\xff', 'null', '0'];

/** A part of the header's text for another, of another length or not. */
function changeText(file: Buffer, random: Random): Buffer {
  const length = Number(file.readBigUInt64LE(0));
  const at = 8 + random(length);
  const lost = random(3);
  const text = Buffer.from(pick(TEXTS, random), 'latin1');
  const changed = Buffer.concat([file.subarray(0, at), text, file.subarray(at + lost)]);
  changed.writeBigUInt64LE(BigInt(length + text.length - lost), 0);
  return changed;
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** The header's JSON, changed and written anew, so that all lengths fit again. */
function editHeader(file: Buffer, change: (header: Json) => Json): Buffer {
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + length)) as Json;
  const json = Buffer.from(textOf(change(header)));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([start, json, file.subarray(8 + length)]);
}

/** A metadata text's JSON, changed and put back. */
function editText(file: Buffer, key: string, random: Random): Buffer {
  return editHeader(file, (header) => {
    const { __metadata__: metadata } = header as { __metadata__: Record<string, string> };
    metadata[key] = textOf(changeValue(JSON.parse(metadata[key]) as Json, random));
    return header;
  });
}

/** What JSON.stringify cannot write, and comes out as the text itself. */
const RAW = 'raw:';
const textOf = (value: Json): string => JSON.stringify(value).replace(/"raw:([^"]*)"/g, '$1');

const nested = (depth: number): Json => {
  let value: Json = 0;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
};

const VALUES: readonly (() => Json)[] = [
  ...[null, true, 0, -1, 0.5, -0.5, 1e308, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 - 1].map((value) => () => value),
  ...[`${RAW}1e999`, `${RAW}-1e999`, `${RAW}-0`, `${RAW}1e-400`].map((value) => () => value),
  ...['', 'x', '../x', '__proto__', '\ud800', 'f'.repeat(64), 'F'.repeat(64), 'x'.repeat(100_000)].map(
    (value) => () => value,
  ),
  () => [],
  () => ({}),
  () => [[], {}, null],
  () => ({ toString: 1, valueOf: 1, toJSON: 1, length: 3 }),
  () => JSON.parse('{"__proto__":{"a":1},"constructor":{"prototype":1}}') as Json,
  () => nested(70),
  () => nested(3000),
  () => Array.from({ length: 70_000 }, () => 0),
];

/** Replaces, removes or adds a member somewhere in the value. */
function changeValue(value: Json, random: Random): Json {
  const places: (readonly [Json[] | { [name: string]: Json }, string | number])[] = [];
  const visit = (part: Json): void => {
    if (typeof part !== 'object' || part === null) return;
    for (const [name, inner] of Object.entries(part)) {
      places.push([part, name]);
      visit(inner);
    }
  };
  visit(value);
  if (places.length === 0) return pick(VALUES, random)();
  for (let count = 1 + random(2); count > 0; count--) {
    const [parent, name] = pick(places, random) as [{ [name: string]: Json }, string];
    const action = random(6);
    if (action === 0) Reflect.deleteProperty(parent, name);
    else if (action === 1) parent[`${name}x`] = pick(VALUES, random)();
    else if (action === 2) parent[name] = structuredClone((pick(places, random) as [typeof parent, string])[0]);
    else parent[name] = pick(VALUES, random)();
  }
  return value;
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[random(list.length)];
}
