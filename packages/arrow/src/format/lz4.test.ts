import { expect, test } from 'vitest';
import { encodeLz4Frame } from '../testing/lz4.ts';
import recorded from '../testing/lz4Frames.json' with { type: 'json' };
import { LZ4_INPUTS } from '../testing/lz4Inputs.ts';
import { decodeLz4Frame, Lz4Error } from './lz4.ts';

const inputOf = (name: string): Uint8Array => LZ4_INPUTS.find((input) => input.name === name)!.bytes();

test.for(recorded.frames)('a frame of the program lz4: $input, $options', ({ input, frame }) => {
  const bytes = inputOf(input);
  const decoded = decodeLz4Frame(new Uint8Array(Buffer.from(frame, 'base64')), bytes.length);
  expect(Buffer.compare(decoded, bytes)).toBe(0);
});

test.for(LZ4_INPUTS)('a frame of the encoder for tests: $name', ({ bytes }) => {
  expect(Buffer.compare(decodeLz4Frame(encodeLz4Frame(bytes()), bytes().length), bytes())).toBe(0);
});

test('a frame that is cut, or whose length is another, is refused', () => {
  for (const { input, frame } of recorded.frames) {
    const bytes = new Uint8Array(Buffer.from(frame, 'base64'));
    const { length } = inputOf(input);
    for (const other of [length + 1, length - 1]) {
      if (other >= 0) expect(() => decodeLz4Frame(bytes, other)).toThrow(Lz4Error);
    }
    // The last eight bytes are the end mark and a checksum, which is not read.
    for (let cut = 0; cut < bytes.length - 8; cut += Math.ceil(bytes.length / 50)) {
      expect(() => decodeLz4Frame(bytes.subarray(0, cut), length)).toThrow(Lz4Error);
    }
  }
});

test('a flipped byte gives an Lz4Error or as many bytes', () => {
  const outcomes = { bytes: 0, error: 0 };
  for (const { input, frame } of recorded.frames) {
    const { length } = inputOf(input);
    const good = Buffer.from(frame, 'base64');
    for (let at = 0; at < good.length; at += Math.ceil(good.length / 60)) {
      const bytes = new Uint8Array(good);
      bytes[at] ^= [0xff, 0x01, 0x80, 0x10][at % 4];
      try {
        expect(decodeLz4Frame(bytes, length).length).toBe(length);
        outcomes.bytes++;
      } catch (error) {
        expect(error).toBeInstanceOf(Lz4Error);
        outcomes.error++;
      }
    }
  }
  expect(outcomes.bytes).toBeGreaterThan(100);
  expect(outcomes.error).toBeGreaterThan(100);
});

test('an output is not reserved that the input could not fill', () => {
  const [{ frame }] = recorded.frames;
  expect(() => decodeLz4Frame(new Uint8Array(Buffer.from(frame, 'base64')), 2 ** 30)).toThrow(/too short/);
});
