/**
 * A bounds check of flatbuffer metadata against a description of its tables.
 *
 * apache-arrow trusts what it decodes: one flipped bit can make it spin for seconds over a vector of a billion entries
 * or return values from outside the message. After this check every offset that it follows lies inside the bytes, and
 * the whole walk takes time proportional to their number.
 */
export type FieldRule =
  | { readonly kind: 'scalar'; readonly bytes: 1 | 2 | 4 | 8 }
  /** A 16-bit number that must be 0, as it is where it is left out; `words` say what 0 means and what to do. */
  | { readonly kind: 'zero'; readonly words: Refusal }
  | { readonly kind: 'string' }
  | { readonly kind: 'table'; readonly rule: () => TableRule; readonly required?: boolean }
  /** A vector of fixed-size values: scalars or structs. */
  | { readonly kind: 'values'; readonly bytes: number }
  | { readonly kind: 'tables'; readonly rule: () => TableRule }
  /** A union takes two fields: its type number, then the table; this rule stands for the table. */
  | { readonly kind: 'union'; readonly rules: () => readonly (TableRule | undefined)[] };

/** The rules of a table's fields, in the order of the schema that generated it. */
export type TableRule = readonly FieldRule[];

/** What is sound, and not supported. */
export interface Refusal {
  readonly expected: string;
  readonly received: string;
  readonly advice: string;
}

/** Metadata that points outside itself, or `advice` for what is not supported; `offset` counts from the flatbuffer's first byte. */
export class FlatbufferError extends Error {
  readonly offset: number;
  readonly expected: string;
  readonly received: string;
  readonly advice: string | undefined;

  constructor(offset: number, expected: string, received: string, advice?: string) {
    super(`byte ${offset}: expected ${expected}, received ${received}`);
    this.offset = offset;
    this.expected = expected;
    this.received = received;
    this.advice = advice;
  }
}

/** Types nest no deeper in any file seen; recursion stays far from the stack's end. */
const MAX_DEPTH = 48;

/** Throws FlatbufferError unless everything that `root` describes lies inside `bytes`. */
export function verifyFlatbuffer(bytes: Uint8Array, root: TableRule): void {
  new Verifier(bytes).root(root);
}

class Verifier {
  private readonly view: DataView;
  private readonly length: number;
  /** Tables may be reached by several paths; without a budget such a diamond could be walked exponentially often. */
  private tablesLeft: number;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = bytes.byteLength;
    this.tablesLeft = bytes.byteLength >>> 2;
  }

  root(rule: TableRule): void {
    this.table(this.target(0), rule, 0);
  }

  private table(at: number, rule: TableRule, depth: number): void {
    if (depth > MAX_DEPTH) throw new FlatbufferError(at, `at most ${MAX_DEPTH} nested tables`, 'more');
    if (--this.tablesLeft < 0) throw new FlatbufferError(at, 'fewer tables than its length allows', 'more');
    this.range(at, 4, 'a table');
    const vtable = at - this.view.getInt32(at, true);
    this.range(vtable, 4, 'the field list of a table');
    const vtableBytes = this.view.getUint16(vtable, true);
    const tableBytes = this.view.getUint16(vtable + 2, true);
    if (vtableBytes < 4 || vtableBytes % 2 !== 0) {
      throw new FlatbufferError(vtable, 'an even length of at least 4', String(vtableBytes));
    }
    this.range(vtable, vtableBytes, 'the field list of a table');
    this.range(at, tableBytes, 'a table');

    const slots = (vtableBytes - 4) >>> 1;
    for (let field = 0; field < rule.length; field++) {
      const offset = field < slots ? this.view.getUint16(vtable + 4 + 2 * field, true) : 0;
      if (offset === 0) {
        if (isRequired(rule[field])) throw new FlatbufferError(at, `field ${field} of a table`, 'none');
        continue;
      }
      const fieldRule = rule[field];
      const width = widthOf(fieldRule);
      if (offset < 4 || offset + width > tableBytes) {
        throw new FlatbufferError(at, `field ${field} inside its table of ${tableBytes} bytes`, `offset ${offset}`);
      }
      this.field(at + offset, fieldRule, depth, () => this.unionType(vtable, at, field - 1));
    }
  }

  private field(at: number, rule: FieldRule, depth: number, unionType: () => number): void {
    switch (rule.kind) {
      case 'scalar':
        return;
      case 'zero': {
        if (this.view.getInt16(at, true) === 0) return;
        const { expected, received, advice } = rule.words;
        throw new FlatbufferError(at, expected, received, advice);
      }
      case 'string':
        this.vector(this.target(at), 1);
        return;
      case 'values':
        this.vector(this.target(at), rule.bytes);
        return;
      case 'table':
        this.table(this.target(at), rule.rule(), depth + 1);
        return;
      case 'tables': {
        const start = this.target(at);
        const count = this.vector(start, 4);
        for (let i = 0; i < count; i++) this.table(this.target(start + 4 + 4 * i), rule.rule(), depth + 1);
        return;
      }
      case 'union': {
        const type = unionType();
        const table = rule.rules()[type];
        if (table === undefined) throw new FlatbufferError(at, 'a kind of table that Arrow defines', `kind ${type}`);
        this.table(this.target(at), table, depth + 1);
      }
    }
  }

  /** The number stored in the field before a union. */
  private unionType(vtable: number, table: number, field: number): number {
    const offset = this.view.getUint16(vtable + 4 + 2 * field, true);
    return offset === 0 ? 0 : this.view.getUint8(table + offset);
  }

  /** Offsets only point forward, so references cannot form a cycle. */
  private target(at: number): number {
    this.range(at, 4, 'an offset');
    const offset = this.view.getUint32(at, true);
    if (offset === 0) throw new FlatbufferError(at, 'an offset', '0');
    this.range(at + offset, 4, 'the target of an offset');
    return at + offset;
  }

  private vector(at: number, bytes: number): number {
    const count = this.view.getUint32(at, true);
    this.range(at + 4, count * bytes, `a list of ${count} entries`);
    return count;
  }

  private range(at: number, bytes: number, what: string): void {
    if (at < 0 || at + bytes > this.length) {
      throw new FlatbufferError(Math.max(0, at), `${what} inside ${this.length} bytes`, `bytes ${at} to ${at + bytes}`);
    }
  }
}

/** Bytes that a field takes in its table; what lies elsewhere takes an offset. */
function widthOf(rule: FieldRule): number {
  if (rule.kind === 'scalar') return rule.bytes;
  return rule.kind === 'zero' ? 2 : 4;
}

function isRequired(rule: FieldRule): boolean {
  return rule.kind === 'table' && rule.required === true;
}
