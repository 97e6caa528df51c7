import { expect, test } from 'vitest';
import { textsOfViews } from './dictionaryTexts.ts';

test('a view into no buffer is refused, whatever its number', () => {
  const text = Buffer.from('a text of twenty byte');
  const views = (buffer: number): Uint8Array => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setInt32(0, text.length, true);
    new DataView(bytes.buffer).setInt32(8, buffer, true);
    return bytes;
  };
  const read = (buffer: number): string[] =>
    textsOfViews('file', (index) => (index === 1 ? views(buffer) : text), 1, 1);
  expect(read(0)).toEqual(['a text of twenty byte']);
  for (const buffer of [-1, 1]) expect(() => read(buffer)).toThrow(/expected a text inside one of 1 buffers/);
});
