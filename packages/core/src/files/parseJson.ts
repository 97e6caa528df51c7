/** JSON from files, which nobody has vouched for. */
export interface JsonLimits {
  /** How deep lists and objects may lie in each other; a plain value has depth 0. */
  readonly depth: number;
  /** Most values, counted by the commas, colons and brackets between them. */
  readonly values: number;
}

/** Why a text is not taken; the caller says of which file. */
export class JsonRefused extends Error {
  override readonly name = 'JsonRefused';
}

/**
 * `JSON.parse` in bounded time and memory. The text is scanned first, because JSON.parse would turn 16 MiB of brackets
 * into a gigabyte of lists, and whatever walks through them would overflow the stack. Names that an object has twice are
 * refused: JSON.parse keeps the last, other readers the first. So are numbers that become infinite. Throws JsonRefused.
 */
export function parseJson(text: string, limits: JsonLimits): unknown {
  const members = scan(text, limits);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // V8 quotes the text, which may be long.
    throw new JsonRefused(shorten(String(cause), 120), { cause });
  }
  if (countMembers(value) !== members) throw new JsonRefused('an object with a name that stands in it twice');
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The number of colons outside of strings, which in JSON is the number of members of all objects. */
function scan(text: string, { depth: most, values }: JsonLimits): number {
  let members = 0;
  let marks = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case 0x3a: // :
        members++;
        marks++;
        break;
      case 0x2c: // ,
        marks++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        marks++;
        depth++;
        if (depth > most) throw new JsonRefused(`lists or objects more than ${most} deep`);
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      default:
        break;
    }
    if (marks > values) throw new JsonRefused(`more than ${values} values`);
  }
  return members;
}

/** Where the string that begins at `start` has its closing quote; the end of the text when it has none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

/** The depth is bounded by the scan. Refuses numbers such as 1e999, which JSON has and float64 does not. */
function countMembers(value: unknown): number {
  if (value === Infinity || value === -Infinity) throw new JsonRefused('a number beyond float64');
  if (typeof value !== 'object' || value === null) return 0;
  const isList = Array.isArray(value);
  const parts: readonly unknown[] = isList ? value : Object.values(value);
  return parts.reduce<number>((sum, part) => sum + countMembers(part), isList ? 0 : parts.length);
}

/** A value for an error message: never long, and never by a method of the value itself. */
export function describeJson(value: unknown): string {
  if (typeof value === 'string') return shorten(JSON.stringify(value), 60);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  if (value === undefined) return 'nothing';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

/** A text for an error message, cut where it is long: files may hold names and texts of any length. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
