/** What the system's errors say, and what to do about them. */
export type Advice = Readonly<Record<string, string>>;

/** `ENOSPC`, `EACCES`, …; empty for what is no error of the system. */
export function systemCode(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Node's message without the call and the path, which may name a temporary file. */
export function systemReason(cause: unknown): string {
  return String(cause)
    .replace(/^Error: /, '')
    .replace(/, \w+( '.*)?$/s, '');
}
