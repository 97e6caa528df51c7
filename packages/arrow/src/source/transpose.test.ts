import { viewsOf } from '@lockstep/core/source';
import { expect, test } from 'vitest';
import { transpose } from './transpose.ts';

test.each([1, 2, 4])('columns of %i bytes become rows, and nothing else is written', (bytes) => {
  for (const width of [1, 2, 3, 4, 5, 8, 31]) {
    for (const rows of [0, 1, 127, 128, 300]) {
      const [source, target] = [bytes * (width * (rows + 3) + 8), bytes * (width * rows + 10)].map((length) =>
        viewsOf(new ArrayBuffer(Math.ceil(length / 8) * 8)),
      );
      source.uint8.forEach((_, i) => (source.uint8[i] = (i * 7 + (i >>> 8)) % 251));
      target.uint8.fill(255);
      const columns = Array.from({ length: width }, (_, c) => (width - 1 - c) * (rows + 3) + 2);
      transpose(bytes, { rows, columns, source, target, start: 5 });
      const expected = new Uint8Array(target.uint8.length).fill(255);
      for (let row = 0; row < rows; row++) {
        for (let c = 0; c < width; c++) {
          const from = (columns[c] + row) * bytes;
          expected.set(source.uint8.subarray(from, from + bytes), (5 + row * width + c) * bytes);
        }
      }
      expect(Buffer.compare(target.uint8, expected), `${rows} × ${width}`).toBe(0);
    }
  }
});
