/** Lines of a file, in the memory of about two lines of the largest size. */
import { invalidFile } from '../../format/errors.ts';
import type { TextInput } from '../textInput.ts';

export const LARGEST_LINE: number = 2 ** 20;
const LINE_FEED = 0x0a;

export interface LineRun {
  /** The number of the first of them, from 1. */
  readonly first: number;
  /** Without their line feeds; valid until the next run is asked for. */
  readonly lines: readonly Buffer[];
}

/** Whole lines as they come; the last may lack its line feed. FILE_INVALID for a line that is too long. */
export async function* linesOf({ name, pieces }: TextInput): AsyncGenerator<LineRun> {
  let rest = Buffer.alloc(0);
  let first = 1;
  for await (const piece of pieces()) {
    const bytes = Buffer.concat([rest, piece]);
    const lines: Buffer[] = [];
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, at);
      if ((end < 0 ? bytes.length : end) - at > LARGEST_LINE) throw tooLong(name, first + lines.length);
      if (end < 0) break;
      lines.push(bytes.subarray(at, end));
      at = end + 1;
    }
    rest = bytes.subarray(at);
    if (lines.length > 0) yield { first, lines };
    first += lines.length;
  }
  if (rest.length > 0) yield { first, lines: [rest] };
}

function tooLong(name: string, line: number): Error {
  return invalidFile({
    place: `${name}, line ${line}`,
    expected: `lines of at most ${LARGEST_LINE} bytes`,
    received: 'a longer one',
    advice: 'JSON lines have one object a line, not a list around them.',
  });
}
