/** An encoder of LZ4 frames that finds some matches, so that tests can write compressed files. */
const HEADER = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82);

export function encodeLz4Frame(input: Uint8Array): Uint8Array {
  const block = input.length === 0 ? [] : encodeBlock(input);
  const out = new Uint8Array(HEADER.length + (block.length === 0 ? 0 : 4 + block.length) + 4);
  out.set(HEADER);
  if (block.length > 0) {
    new DataView(out.buffer).setUint32(HEADER.length, block.length, true);
    out.set(block, HEADER.length + 4);
  }
  return out;
}

/** Matches of four bytes or more by a table of last places; the last twelve bytes are literals, as the format wants them. */
function encodeBlock(input: Uint8Array): number[] {
  const out: number[] = [];
  const places = new Map<number, number>();
  let anchor = 0;
  let at = 0;
  while (at + 12 < input.length) {
    const key = input[at] | (input[at + 1] << 8) | (input[at + 2] << 16) | (input[at + 3] << 24);
    const from = places.get(key);
    places.set(key, at);
    if (from === undefined || at - from > 65_535) {
      at++;
      continue;
    }
    let length = 4;
    while (at + length < input.length - 5 && input[from + length] === input[at + length]) length++;
    sequence(out, input.subarray(anchor, at), at - from, length);
    at += length;
    anchor = at;
  }
  sequence(out, input.subarray(anchor), 0, 4);
  return out;
}

/** A distance of 0 stands for no match. */
function sequence(out: number[], literals: Uint8Array, distance: number, match: number): void {
  out.push((Math.min(15, literals.length) << 4) | Math.min(15, match - 4));
  more(out, literals.length);
  out.push(...literals);
  if (distance === 0) return;
  out.push(distance & 255, distance >>> 8);
  more(out, match - 4);
}

function more(out: number[], length: number): void {
  if (length < 15) return;
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) out.push(255);
  out.push(rest);
}
