import { expect, test } from 'vitest';
import type { BatchViews, SourceWindow, WindowMemory, WindowSource } from './dataset.ts';
import { newBatch } from './newBatch.ts';
import { WindowBatchSource } from './windowBatchSource.ts';

const CHUNK_ROWS = [3, 40_000, 2];
const dataset = {
  chunkRows: CHUNK_ROWS,
  windowBytesPerRow: 2,
  windows: { runs: [{ kind: 'uint16', width: 1, subtract: 1, factor: 0.5 }], overheadBytes: 192, decodes: false },
} as const;

/** Chunk c has the numbers 10,000 c and following; all that is asked for is noted. */
class Numbers implements WindowSource {
  readonly asked: string[] = [];
  memory: WindowMemory | null = null;
  readonly #waits: boolean;

  constructor(waits: boolean) {
    this.#waits = waits;
  }

  openWindow(chunks: readonly number[], memory: WindowMemory): SourceWindow {
    this.asked.push(`open ${chunks.join(' ')}`);
    this.memory = memory;
    const start = memory.byteOffset + 128;
    const rowsBefore = (index: number): number => chunks.slice(0, index).reduce((sum, c) => sum + CHUNK_ROWS[c], 0);
    const write = (index: number): void => {
      this.asked.push(`load ${index}`);
      const numbers = new Uint16Array(memory.buffer, start + 2 * rowsBefore(index), CHUNK_ROWS[chunks[index]]);
      numbers.forEach((_, i) => (numbers[i] = 10_000 * chunks[index] + i));
    };
    return {
      starts: [start],
      loadChunk: (index) => (this.#waits ? Promise.resolve().then(() => write(index)) : write(index)),
      copyLabels(batch: BatchViews, at, rows, from, count) {
        for (let i = 0; i < count; i++) batch.valueLabels[at + i] = rows[from + i];
      },
      describeRow: (row) => `window of ${chunks.join(' ')}, row ${row}`,
    };
  }

  close(): void {
    this.asked.push('close');
  }
}

test.each([false, true])('rows of windows become batches; chunks are waited for: %s', async (waits) => {
  const numbers = new Numbers(waits);
  const source = new WindowBatchSource(dataset, numbers);
  const batch = newBatch({ featureShape: [1], label: { width: 1, integer: false } }, 4);

  const loading = source.loadWindow([2, 0]);
  expect(loading instanceof Promise).toBe(waits);
  await loading;
  source.copyRows(batch, 1, Uint32Array.of(9, 4, 0, 1), 1, 3);
  expect([...batch.features]).toEqual([0, 0.5, (20_000 - 1) / 2, 20_000 / 2]);
  expect([...batch.valueLabels]).toEqual([0, 4, 0, 1]);
  expect(source.describeRow(3)).toBe('window of 2 0, row 3');

  await source.loadWindow([1]);
  source.copyRows(batch, 0, Uint32Array.of(39_999), 0, 1);
  expect(batch.features[0]).toBe((49_999 - 1) / 2);
  source.close();
  expect(numbers.asked).toEqual(['open 2 0', 'load 0', 'load 1', 'open 1', 'load 0', 'close']);
});

test('its memory is large enough, and the same until a window needs more', async () => {
  const numbers = new Numbers(false);
  const source = new WindowBatchSource(dataset, numbers);
  const buffers: ArrayBufferLike[] = [];
  for (const chunks of [[0], [2], [1], [0, 1, 2], [2]]) {
    await source.loadWindow(chunks);
    const { buffer, byteOffset, byteLength } = numbers.memory!;
    const rows = chunks.reduce((sum, chunk) => sum + CHUNK_ROWS[chunk], 0);
    expect(byteOffset % 4096).toBe(0);
    expect(byteLength).toBeGreaterThanOrEqual(rows * dataset.windowBytesPerRow + dataset.windows.overheadBytes);
    expect(buffer.byteLength).toBeGreaterThanOrEqual(byteOffset + byteLength);
    buffers.push(buffer);
  }
  expect(buffers.map((buffer) => buffers.indexOf(buffer))).toEqual([0, 0, 2, 2, 2]);
});

test('a window that no memory has room for is refused', () => {
  const source = new WindowBatchSource({ ...dataset, windowBytesPerRow: 2 ** 20 }, new Numbers(false));
  expect(() => source.loadWindow([1])).toThrow(/MEMORY_EXCEEDED/);
});
