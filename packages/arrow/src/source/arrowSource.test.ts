import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { columnRuns, windowBytesPerRow } from '../layout/runs.ts';
import type { ArrowLayout, ColumnLayout, NumberKind } from '../layout/types.ts';
import { chooseStart, planWindow } from './window.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** All files that a module reaches by relative imports, and the packages that they name. */
function reach(start: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    // Imports of types vanish when the types are stripped.
    const code = readFileSync(file, 'utf8').replaceAll(/^import type .*$/gm, '');
    for (const [, name] of code.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      if (name.startsWith('.')) visit(resolve(dirname(file), name));
      else packages.add(name);
    }
  };
  visit(start);
  return { files, packages };
}

test("the loader's thread needs neither apache-arrow nor all of core, nor anything but node:fs", () => {
  const { files, packages } = reach(join(here, 'arrowSource.ts'));
  expect(files.size).toBeGreaterThan(6);
  expect([...packages].toSorted()).toEqual(['@lockstep/core/source', 'node:fs']);
});

test('a source that prepares columns needs node:zlib besides', () => {
  const { packages } = reach(join(here, 'preparedSource.ts'));
  expect([...packages].toSorted()).toEqual(['@lockstep/core/source', 'node:fs', 'node:zlib']);
});

test('apache-arrow is imported lazily', () => {
  const { files, packages } = reach(join(here, '../index.ts'));
  expect([...packages].filter((name) => name.startsWith('apache-arrow')).toSorted()).toEqual([
    'apache-arrow',
    'apache-arrow/ipc/metadata/file',
    'apache-arrow/ipc/metadata/message',
  ]);
  for (const file of files) {
    const code = readFileSync(file, 'utf8');
    expect(code).not.toMatch(/^import (?!type).*'apache-arrow/m);
  }
});

describe('the plan of a window', () => {
  const layout: ArrowLayout = {
    files: [{ kind: 'disk', path: '/a', name: 'a', stamp: { size: 1e6, mtimeMs: 0 } }],
    columns: [
      { name: 'x', role: 'feature', kind: 'uint8', width: 784 },
      { name: 'y', role: 'label', kind: 'int64', width: 1 },
    ],
    batches: [
      { file: 0, number: 0, rows: 300, firstRow: 0, offsets: [4096, 400_000] },
      { file: 0, number: 1, rows: 100, firstRow: 300, offsets: [500_000, 700_000] },
    ],
    chunks: [
      { batch: 0, firstRow: 0, rows: 150 },
      { batch: 0, firstRow: 150, rows: 150 },
      { batch: 1, firstRow: 0, rows: 100 },
    ],
    scale: 1,
  };

  test('reads each column of each chunk once, into one run per column', () => {
    const plan = planWindow(layout, columnRuns(layout.columns), [2, 1]);
    expect(plan.firstRows).toEqual([0, 100]);
    const [x, y] = plan.starts;
    expect(plan.reads).toEqual([
      { file: 0, position: 500_000, at: x, length: 100 * 784 },
      { file: 0, position: 4096 + 150 * 784, at: x + 100 * 784, length: 150 * 784 },
      { file: 0, position: 700_000, at: y, length: 100 * 8 },
      { file: 0, position: 400_000 + 150 * 8, at: y + 100 * 8, length: 150 * 8 },
    ]);
    expect(y).toBeGreaterThanOrEqual(x + 250 * 784);
    expect(plan.bytes).toBe(y + 250 * 8);
    expect([x % 64, y % 64]).toEqual([0, 0]);
  });

  test('turns neighbouring scalar features into rows', () => {
    const column = (name: string, kind: NumberKind, width: number): ColumnLayout => ({
      name,
      role: 'feature',
      kind,
      width,
    });
    const label: ColumnLayout = { name: 'y', role: 'label', kind: 'uint8', width: 1 };
    const columns = [
      column('a', 'int8', 1),
      column('b', 'float64', 1),
      column('l', 'uint8', 9),
      column('c', 'int8', 1),
    ];
    expect(columnRuns([...columns, label])).toEqual([
      { columns: [0, 1], role: 'feature', kind: 'float32', width: 2 },
      { columns: [2], role: 'feature', kind: 'uint8', width: 9 },
      { columns: [3], role: 'feature', kind: 'int8', width: 1 },
      { columns: [4], role: 'label', kind: 'uint8', width: 1 },
    ]);
    expect(windowBytesPerRow([...columns, label])).toBe(8 + 9 + 1 + 1);

    const scalars = { ...layout, columns: [column('a', 'uint8', 1), column('b', 'int64', 1)] };
    const plan = planWindow(scalars, columnRuns(scalars.columns), [2, 0]);
    expect(plan.reads).toEqual([]);
    expect(plan.conversions.map(({ firstRow, rows }) => [firstRow, rows])).toEqual([
      [0, 100],
      [100, 150],
    ]);
    expect(plan.conversions[1].reads.map(({ position, length }) => [position, length])).toEqual([
      [4096, 150],
      [400_000, 1200],
    ]);
    expect(plan.bytes - plan.starts[0]).toBe(250 * 8);
  });

  test('keeps reads away from the same place in a page', () => {
    const distance = (offset: number): number => Math.min(offset & 4095, 4096 - (offset & 4095));
    for (const differences of [[0], [4096 - 64], [0, 2048], [0, 1000, 2000, 3000], [-123_456, 77]]) {
      const start = chooseStart(128, differences);
      expect(start % 64).toBe(0);
      for (const difference of differences) expect(distance(start + difference)).toBeGreaterThan(64);
    }
    expect(distance(chooseStart(0, [0]))).toBeGreaterThanOrEqual(1024);
  });
});
