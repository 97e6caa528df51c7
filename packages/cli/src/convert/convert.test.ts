import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { run } from '../program.ts';
import { ConversionLine } from './conversionLine.ts';

let folder: string;
let out: string;
let err: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-convert-'));
  writeFileSync(join(folder, 'flowers.csv'), 'width,species,id\n1.5,rose,7\n2.5,tulip,x\n,rose,9\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  out = '';
  err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  return () => vi.restoreAllMocks();
});

const lockstep = (...args: string[]): Promise<number> => run(args);

test('convert says what it chose, and what came of it; inspect says it again', async () => {
  const data = join(folder, 'flowers');
  expect(
    await lockstep('convert', join(folder, 'flowers.csv'), data, '--type', 'id=int32', '--on-bad-row', 'skip'),
  ).toBe(0);
  expect(err).toBe('types from the first 3 rows: width float32, species category, id int32 (given)\n');
  const table = [
    '2 rows from flowers.csv (csv), in 1 Arrow file of 600 B',
    '1 bad row left out:',
    '  line 3, id: expected an integer from -2147483648 to 2147483647 (int32), received "x"',
  ].join('\n');
  expect(out.replace(/of \d+ B/, 'of 600 B')).toContain(table);
  expect(out).toMatch(/width {4}float32 {7}1 {2}1\.5 {2}1\.5 {3}1\.5 {10}0/);
  expect(out).toMatch(/flowers: 2 rows in /);
  const told = out.slice(0, out.lastIndexOf('\n\n'));
  out = '';
  expect(await lockstep('inspect', data, '--checksums')).toBe(0);
  expect(out).toBe(`${told}\n\nall bytes agree with their SHA-256\n`);
  out = '';
  expect(await lockstep('inspect', data, '--json')).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ kind: 'table', file: data, rows: 2, shards: [{ rows: 2 }] });
  out = '';
  expect(await lockstep('inspect', join(data, 'part-00000.arrow'), '--statistics')).toBe(0);
  expect(out).toMatch(/Column {3}Not finite {2}Min {2}Max {2}Mean {2}Deviation\n─+\nwidth {13}0 {2}1\.5/);
});

test('nothing of a file moves the cursor', async () => {
  const name = `${String.fromCodePoint(27)}[2J${'x'.repeat(90)}`;
  writeFileSync(join(folder, 'escape.csv'), `${name}\n${name}\ny\n`);
  expect(await lockstep('convert', join(folder, 'escape.csv'), join(folder, 'escape'))).toBe(0);
  expect(stripVTControlCharacters(out)).toBe(out);
  expect(out).toContain('\u{FFFD}[2Jxxx');
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThan(120);
});

test('classes and their shares', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? '0' : '2')).join('\n');
  writeFileSync(join(folder, 'classes.tsv'), `${rows}\n`);
  const args = ['convert', join(folder, 'classes.tsv'), join(folder, 'classes'), '--no-header'];
  expect(await lockstep(...args)).toBe(0);
  expect(out).toContain(['2    30  75.0 %', '0    10  25.0 %'].join('\n').replace(/^/gm, ' '.repeat(15)));
});

test.each<[string, string[], RegExp]>([
  ['a bad row', ['--type', 'id=int32'], /flowers\.csv, line 3, column "id": expected an integer.*INVALID_DATA/],
  ['another type', ['--type', 'id=integer'], /convertCsv\.types\.id.*INVALID_OPTION/],
  ['a separator of two', ['--separator', ';;'], /one ASCII character/],
])('%s is a message, and no folder', async (_, flags, message) => {
  expect(await lockstep('convert', join(folder, 'flowers.csv'), join(folder, 'none'), ...flags)).toBe(1);
  expect(err).toMatch(message);
  expect(readdirSync(folder).filter((name) => name.startsWith('none'))).toEqual([]);
});

test('a format that the name does not say', async () => {
  expect(await lockstep('convert', 'data.xlsx', 'out')).toBe(1);
  expect(err).toMatch(/expected a file whose name ends with \.csv.*Formats: csv, jsonl, parquet, arrow, npy, npz, idx/);
  expect(await lockstep('convert', 'data', 'out', '--format', 'xml')).toBe(2);
  expect(await lockstep('convert', 'data.csv')).toBe(2);
  expect(err).toContain("missing required argument 'folder'");
});

test('a signal ends it without remains', async () => {
  const before = new Set(process.listeners('SIGINT'));
  const added = (): NodeJS.SignalsListener[] => process.listeners('SIGINT').filter((listener) => !before.has(listener));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    // Before the first row is converted. The signal itself would end the process of the tests.
    if (String(text).startsWith('types')) added().forEach((listener) => listener('SIGINT'));
    return true;
  });
  expect(await lockstep('convert', join(folder, 'flowers.csv'), join(folder, 'stopped'))).toBe(130);
  expect(err).toContain(`SIGINT: stopped; nothing of ${join(folder, 'stopped')} is left`);
  expect(readdirSync(folder).filter((name) => name.startsWith('stopped'))).toEqual([]);
  expect(added()).toEqual([]);
});

test.each<[string, string[], RegExp]>([
  [
    'a reader of Parquet',
    ['flowers.csv', 'out', '--parquet-reader', 'duckdb'],
    /--parquet-reader: expected a flag of csv \(--no-header,/,
  ],
  ['columns of CSV', ['flowers.csv', 'out', '--column', 'width'], /--column: expected a flag of csv/],
  [
    'labels of Parquet',
    ['a.parquet', 'out', '--labels', 'b'],
    /--labels: expected a flag of parquet \(--type, --column, --parq/,
  ],
  ['several CSV files', ['a.csv', 'b.csv', 'out'], /expected one file of csv, then a folder, received a\.csv b\.csv/],
  ['a type of Parquet', ['a.parquet', 'out', '--type', 'a=int8'], /convertParquet\.types\.a: expected 'skip'/],
])('%s is a mistake', async (_, args, message) => {
  expect(await lockstep('convert', ...args)).toBe(1);
  expect(err).toMatch(message);
});

test('the line of progress fits a terminal, and is a line now and then elsewhere', () => {
  let text = '';
  let time = 0;
  const stream = { write: (part: string) => (text += part), columns: 90 };
  const now = (): number => time;
  const log = new ConversionLine(stream, 'data.csv', true, now);
  time = 29_999;
  log.show(5e6, 20e6, 1000);
  expect(text).toBe('');
  time = 40_000;
  log.show(10e6, 20e6, 1000);
  expect(text).toBe('data.csv  9.5 MiB of 19.1 MiB  0 MB/s  1,000 rows  40 s left\n');
  text = '';
  const line = new ConversionLine({ ...stream, isTTY: true }, 'data.csv', true, now);
  time += 1000;
  line.show(10e6, 20e6, 1000);
  const facts = '9.5 MiB of 19.1 MiB  10 MB/s  1,000 rows  1.00 s left';
  expect(stripVTControlCharacters(text)).toBe(`\rdata.csv ${'━'.repeat(10)}${' '.repeat(10)} ${facts}`);
  line.show(11e6, 20e6, 1000);
  line.clear();
  expect(text.split('\r').length).toBe(3);
  text = '';
  for (const columns of [75, 60, 20]) {
    new ConversionLine({ ...stream, columns, isTTY: true }, 'data.csv', true, now).show(10e6, 20e6, 1000);
  }
  const lines = text.split('\r').map((shown) => stripVTControlCharacters(shown).length);
  expect(lines.slice(1).every((length, i) => length < [75, 60, 20][i])).toBe(true);
});
