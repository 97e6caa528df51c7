import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { columnRuns, plainWindows, windowBytesPerRow } from '../layout/runs.ts';
import { BYTES } from '../layout/types.ts';
import type { ArrowLayout, ColumnLayout, NumberKind } from '../layout/types.ts';
import { integers } from '../testing/files.ts';
import { chooseStart, planWindow } from './window.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** All files that a module reaches by relative imports, and the packages that they name; `lazily`: when they come to be needed, too. */
function reach(start: string, lazily = false): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    // Imports of types vanish when the types are stripped.
    const code = readFileSync(file, 'utf8').replaceAll(/^import type .*$/gm, '');
    for (const [, call, name] of code.matchAll(/(?:from|import)\s*(\(?)\s*'([^']+)'/g)) {
      if (call !== '' && !lazily) continue;
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

test('what speaks with servers is imported where files lie there', () => {
  const { packages } = reach(join(here, 'arrowSource.ts'), true);
  const more = ['node:http', 'node:https', 'node:timers/promises'];
  expect([...packages].toSorted()).toEqual(['@lockstep/core/source', 'node:fs', ...more]);
});

test('apache-arrow is imported lazily', () => {
  const { files, packages } = reach(join(here, '../index.ts'), true);
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
    const begin = 8192;
    const plan = planWindow(layout, columnRuns(layout.columns), [2, 1], begin);
    expect(plan.chunks.map(({ file, firstRow, rows, staged }) => [file, firstRow, rows, staged])).toEqual([
      [0, 0, 100, []],
      [0, 100, 150, []],
    ]);
    const [x, y] = plan.starts;
    expect(plan.chunks.map(({ reads }) => reads)).toEqual([
      [
        { position: 500_000, at: x, length: 100 * 784 },
        { position: 700_000, at: y, length: 100 * 8 },
      ],
      [
        { position: 4096 + 150 * 784, at: x + 100 * 784, length: 150 * 784 },
        { position: 400_000 + 150 * 8, at: y + 100 * 8, length: 150 * 8 },
      ],
    ]);
    expect(x).toBeGreaterThanOrEqual(begin);
    expect(y).toBeGreaterThanOrEqual(x + 250 * 784);
    expect(plan.end).toBe(y + 250 * 8);
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
      { columns: [0, 1], role: 'feature', kind: 'float32', width: 2, isConverted: true },
      { columns: [2], role: 'feature', kind: 'uint8', width: 9, isConverted: false },
      { columns: [3], role: 'feature', kind: 'int8', width: 1, isConverted: false },
      { columns: [4], role: 'label', kind: 'uint8', width: 1, isConverted: false },
    ]);
    expect(windowBytesPerRow([...columns, label])).toBe(8 + 9 + 1 + 1);

    const scalars = { ...layout, columns: [column('a', 'uint8', 1), column('b', 'int64', 1)] };
    const plan = planWindow(scalars, columnRuns(scalars.columns), [2, 0], 0);
    expect(plan.chunks.map(({ firstRow, rows, reads }) => [firstRow, rows, reads])).toEqual([
      [0, 100, []],
      [100, 150, []],
    ]);
    expect(plan.chunks[1].staged.map(({ run }) => run)).toEqual([0]);
    expect(plan.chunks[1].staged[0].reads.map(({ position, length }) => [position, length])).toEqual([
      [4096, 150],
      [400_000, 1200],
    ]);
    expect(plan.end - plan.starts[0]).toBe(250 * 8);
  });

  test('scalar features of one kind of up to four bytes keep it', () => {
    const column = (kind: NumberKind, scale?: number): ColumnLayout => {
      return { name: kind, role: 'feature', kind, width: 1, ...(scale === undefined ? {} : { scale }) };
    };
    const runOf = (...columns: readonly ColumnLayout[]) => {
      const { runs } = plainWindows({ ...layout, columns: [...columns, layout.columns[1]], scale: 0.5 });
      return runs;
    };
    expect(runOf(column('uint8'), column('uint8'), column('uint8'))).toEqual([
      { kind: 'uint8', width: 3, subtract: 0, factor: 0.5 },
    ]);
    expect(runOf(column('float32'), column('float32', 3))).toEqual([
      { kind: 'float32', width: 2, subtract: 0, factor: [0.5, 3] },
    ]);
    for (const columns of [
      [column('int8'), column('uint8')],
      [column('float64'), column('float64', 3)],
    ]) {
      expect(runOf(...columns)).toEqual([{ kind: 'float32', width: 2, subtract: 0, factor: 1 }]);
    }
  });

  test('a window is never larger than the dataset says', () => {
    const kinds = Object.keys(BYTES) as NumberKind[];
    for (let seed = 0; seed < 200; seed++) {
      const next = integers(seed);
      const columns = Array.from({ length: 1 + next(9) }, (_, i): ColumnLayout => {
        return {
          name: `c${i}`,
          role: 'feature',
          kind: kinds[next(kinds.length)],
          width: next(3) === 0 ? 1 + next(5) : 1,
        };
      });
      columns.push({ name: 'y', role: 'label', kind: kinds[next(kinds.length)], width: 1 });
      if (next(2) === 0) columns.push({ name: 'w', role: 'sampleWeight', kind: 'float32', width: 1 });
      const batches = Array.from({ length: 4 }, (_, number) => {
        return { file: 0, number, rows: 1000, firstRow: 0, offsets: columns.map(() => 8 * next(100_000)) };
      });
      const chunks = batches.map((_, batch) => ({ batch, firstRow: next(100), rows: 1 + next(900) }));
      const random = { ...layout, columns, batches, chunks };
      const { overheadBytes } = plainWindows(random);
      const window = [0, 1, 2, 3].slice(next(4));
      const rows = window.reduce((sum, chunk) => sum + chunks[chunk].rows, 0);
      const { end } = planWindow(random, columnRuns(columns), window, 4096);
      expect(end - 4096, `seed ${seed}`).toBeLessThanOrEqual(rows * windowBytesPerRow(columns) + overheadBytes);
    }
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
