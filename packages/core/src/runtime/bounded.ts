import { callAfter } from './longTimers.ts';

/** Waits for a promise, but not beyond the signal, nor longer than `milliseconds`. What comes later is ignored. */
export async function bounded<Result>(
  promise: Promise<Result>,
  limits: { signal: AbortSignal | null; milliseconds: number; onTimeout: () => Error },
): Promise<Result> {
  const { signal, milliseconds, onTimeout } = limits;
  signal?.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const cancel = callAfter(milliseconds, () => reject(onTimeout()));
  const abort = (): void => reject(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    cancel();
    signal?.removeEventListener('abort', abort);
  }
}
