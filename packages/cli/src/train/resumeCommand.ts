import { displayPath } from '../run/directory.ts';

/** The command that goes on with a run: what it began with, it keeps (see `inheritFlags`). */
export function resumeCommand(config: string, directory: string): string {
  return `lockstep train ${quote(config)} --resume ${quote(displayPath(directory))}`;
}

/** For a POSIX shell, where it needs quotes. */
function quote(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
