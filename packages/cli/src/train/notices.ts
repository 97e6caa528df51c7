/** Lines on standard error beside the progress. */

/** A line of its own: the progress, which is redrawn in its place, is wiped first. */
export function notice(text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[2K' : ''}${text}\n`);
}

/** Told by the report, as an event of the run. */
const TOLD_ELSEWHERE = new Set(['LOCKSTEP_THREAD_REPLACED']);

/**
 * Shows warnings of the process as notices. Node would write them into the line of progress. Says nothing where Node
 * was told to say nothing (`--no-warnings`).
 */
export function showWarnings(): void {
  if (process.listenerCount('warning') === 0) return;
  process.removeAllListeners('warning');
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    const { name, code, message } = warning;
    if (code !== undefined && TOLD_ELSEWHERE.has(code)) return;
    if (name === 'LockstepWarning') notice(`warning: ${message}`);
    else notice(`(node:${process.pid}) ${code === undefined ? '' : `[${code}] `}${name}: ${message}`);
  });
}
