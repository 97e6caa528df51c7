import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type OrderOptions, rowsOfWindow, windowsOf } from './order.ts';

const orders = fc.record({
  chunkRows: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
  windowBytesPerRow: fc.integer({ min: 0, max: 50 }),
  windowBytes: fc.integer({ min: 1, max: 3000 }),
  seed: fc.option(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
});
const epochs = fc.integer({ min: 0, max: 1000 });

/** Rows of the whole data in the order of an epoch. */
function orderOf(options: OrderOptions, epoch: number): number[] {
  const starts = options.chunkRows.map((_, chunk) => options.chunkRows.slice(0, chunk).reduce((a, b) => a + b, 0));
  return windowsOf(options, epoch).flatMap((chunks, window) => {
    const inMemory = chunks.flatMap((chunk) =>
      Array.from({ length: options.chunkRows[chunk] }, (_, i) => starts[chunk] + i),
    );
    return Array.from(rowsOfWindow(options, epoch, window, chunks), (row) => inMemory[row]);
  });
}

test('an epoch has every row once; unshuffled, in file order', () => {
  fc.assert(
    fc.property(orders, epochs, (options, epoch) => {
      const rows = options.chunkRows.reduce((a, b) => a + b, 0);
      const all = Array.from({ length: rows }, (_, row) => row);
      const order = orderOf(options, epoch);
      expect(options.seed === null ? order : order.toSorted((a, b) => a - b)).toEqual(all);
    }),
  );
});

test('windows stay within their bytes, or hold a single chunk, and are as large as they can be', () => {
  fc.assert(
    fc.property(orders, epochs, (options, epoch) => {
      const bytes = (chunks: readonly number[]): number =>
        chunks.reduce((sum, chunk) => sum + options.chunkRows[chunk] * options.windowBytesPerRow, 0);
      const windows = windowsOf(options, epoch);
      for (const [index, window] of windows.entries()) {
        expect(window.length === 1 || bytes(window) <= options.windowBytes).toBe(true);
        const next = windows[index + 1] ?? null;
        expect(next === null || bytes([...window, next[0]]) > options.windowBytes).toBe(true);
      }
    }),
  );
});

test('the order is a function of its arguments, and each of them counts', () => {
  const options = { chunkRows: [50, 50, 50, 50], windowBytesPerRow: 1, windowBytes: 100, seed: 7 };
  const order = orderOf(options, 3);
  expect(orderOf({ ...options }, 3)).toEqual(order);
  expect(orderOf(options, 4)).not.toEqual(order);
  expect(orderOf({ ...options, seed: 8 }, 3)).not.toEqual(order);
  expect(orderOf({ ...options, windowBytes: 200 }, 3)).not.toEqual(order);
});

test('orders of earlier versions come up again', () => {
  // Computed by this program itself when it was written (2026-11): it guards against change, not against error. A change
  // here changes the weights of every shuffled run.
  const options = { chunkRows: [300, 200, 500], windowBytesPerRow: 4, windowBytes: 2400, seed: 42 };
  const order = Uint32Array.from(orderOf(options, 1));
  expect(createHash('sha256').update(order).digest('hex')).toBe(
    '47cff3e4276325c504e8a9ef5b1a110cd21597f7a9d94e61f32dcdcd0a32faf6',
  );
});
