import { expect, test } from 'vitest';
import { integers } from '../testing/files.ts';
import { isInteger, parseBigInt, parseBool, parseNumber } from './digits.ts';

function parse(text: string): number {
  const bytes = Buffer.from(`9${text}9`);
  return parseNumber(bytes, 1, bytes.length - 1);
}

test.each([
  ...['0', '-0', '+7', '.5', '5.', '-.25', '1e3', '1E-3', '1e+22', '1e23', '9007199254740991', '9007199254740993'],
  ...['900719925474099.3', '0.1', '123456789012345678901234567890', '1e-400', '4.9e-324', '1e999', '-1e999', '00012'],
  ...['179769313486231580793728971405301e276', '2.2250738585072011e-308', '1e99999999999999999999'],
])('%s is what Number makes of it', (text) => {
  expect(parse(text)).toBe(Number(text));
});

test.each(['', '-', '+', '.', 'e5', '1e', '1e+', '1x', '0x10', '1_000', 'NaN', 'Infinity', '--1', '1.2.3', '1 2', '٣'])(
  '%j is no number',
  (text) => {
    expect(parse(text)).toBeNaN();
  },
);

test('random numbers, to the bit', () => {
  const random = integers(11);
  for (let round = 0; round < 20_000; round++) {
    const digits = Array.from({ length: 1 + random(22) }, () => random(10)).join('');
    const point = random(digits.length + 1);
    const exponent = random(3) === 0 ? `e${random(60) - 30}` : '';
    const text = `${['', '-', '+'][random(3)]}${digits.slice(0, point)}.${digits.slice(point)}${exponent}`;
    expect(parse(text), text).toBe(Number(text));
  }
});

test('integers and truth', () => {
  const on = <T>(text: string, run: (bytes: Buffer, start: number, end: number) => T): T =>
    run(Buffer.from(text), 0, Buffer.byteLength(text));
  expect(['1', '-1', '+1', '', '-', '1.0', '1e2', 'x', '9'.repeat(65)].map((text) => on(text, isInteger))).toEqual([
    ...[true, true, true, false, false, false, false, false, false],
  ]);
  expect(['12', '-3', '+18446744073709551615'].map((text) => on(text, parseBigInt))).toEqual([
    12n,
    -3n,
    2n ** 64n - 1n,
  ]);
  expect(['true', 'FALSE', 'True', '1', 'yes', 'trues'].map((text) => on(text, parseBool))).toEqual([
    1, 0, 1, -1, -1, -1,
  ]);
});
