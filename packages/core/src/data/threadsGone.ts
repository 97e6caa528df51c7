// Who reads for a run in a thread may hold something of another thread, which must hear when the reading thread is gone.

const listeners: Map<number, Set<() => void>> = new Map();

/** Calls when a thread that this one has started for a run is gone, by Node's number of it. Returns what ends the listening. */
export function whenThreadIsGone(threadId: number, call: () => void): () => void {
  const own = listeners.get(threadId) ?? new Set();
  listeners.set(threadId, own.add(call));
  return () => {
    own.delete(call);
    if (own.size === 0) listeners.delete(threadId);
  };
}

/** Told by whoever started the thread. */
export function threadIsGone(threadId: number): void {
  for (const call of [...(listeners.get(threadId) ?? [])]) call();
}
