/**
 * A walk over a struct of Thrift's compact protocol, as Parquet's metadata is: lengths, numbers and depth are what they can be,
 * so that decoding it takes time and memory in proportion to its bytes. Specification: thrift-compact-protocol.md of Apache Thrift.
 */

/** A struct that cannot be decoded; `offset` counts from the first byte of `bytes`. */
export class ThriftError extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const TYPE = { stop: 0, true: 1, false: 2, byte: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, struct: 12 };
/** Parquet's own structs are at most eight deep. */
const DEEPEST = 16;
const LONGEST_VARINT = 10;

/** Walks the struct that begins at `start`, and returns where it ends. Throws ThriftError. */
export function checkThrift(bytes: Uint8Array, start: number): number {
  let at = start;

  const need = (count: number): void => {
    if (count > bytes.length - at) throw new ThriftError(at, `${count} bytes, beyond the end of the metadata`);
  };
  const varint = (): number => {
    let value = 0;
    for (let i = 0, scale = 1; i < LONGEST_VARINT; i++, scale *= 128) {
      need(1);
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new ThriftError(at, 'a number of more than 64 bits');
  };
  const skip = (count: number): void => {
    need(count);
    at += count;
  };
  const element = (type: number, depth: number, inList: boolean): void => {
    if (type === TYPE.true || type === TYPE.false) skip(inList ? 1 : 0);
    else if (type === TYPE.byte) skip(1);
    else if (type === TYPE.i16 || type === TYPE.i32 || type === TYPE.i64) varint();
    else if (type === TYPE.double) skip(8);
    else if (type === TYPE.binary) skip(varint());
    else if (type === TYPE.list) list(depth + 1);
    else if (type === TYPE.struct) struct(depth + 1);
    else throw new ThriftError(at, `type ${type}, which Parquet does not use`);
  };
  const list = (depth: number): void => {
    need(1);
    const head = bytes[at++];
    const count = head >>> 4 === 15 ? varint() : head >>> 4;
    // An item has a byte at least.
    need(count);
    for (let i = 0; i < count; i++) element(head & 15, depth, true);
  };
  const struct = (depth: number): void => {
    if (depth > DEEPEST) throw new ThriftError(at, `structs more than ${DEEPEST} deep`);
    for (;;) {
      need(1);
      const head = bytes[at++];
      if ((head & 15) === TYPE.stop) return;
      if (head >>> 4 === 0) varint();
      element(head & 15, depth, false);
    }
  };
  struct(0);
  return at;
}
