// Who reads for a run in a thread may hold something of another thread, which must hear when the reading thread is gone.

const listeners: Map<number, Set<() => void>> = new Map();

/** Threads that are gone, the last of them behind: what one has asked for may be heard of only when it is. */
const gone: Set<number> = new Set();
const REMEMBERED = 1024;

/** Calls when a thread that this one has started for a run is gone, by Node's number of it. Returns what ends the listening. */
export function whenThreadIsGone(threadId: number, call: () => void): () => void {
  if (gone.has(threadId)) {
    call();
    return () => {};
  }
  const own = listeners.get(threadId) ?? new Set();
  listeners.set(threadId, own.add(call));
  return () => {
    own.delete(call);
    if (own.size === 0) listeners.delete(threadId);
  };
}

/** Told by whoever started the thread. */
export function threadIsGone(threadId: number): void {
  gone.add(threadId);
  const [first] = gone;
  if (gone.size > REMEMBERED) gone.delete(first);
  for (const call of [...(listeners.get(threadId) ?? [])]) call();
}
