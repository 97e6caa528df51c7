/** A range of rows or a unit of parameters: microseconds alone on the machine, and bytes that it moves through memory. */
export interface PhaseTask {
  readonly duration: number;
  readonly bytes: number;
}

export interface PhaseOptions {
  /** Microseconds in which one claim keeps the counter from others. */
  readonly claim: number;
  /** Bytes a microsecond of the memory that all threads share. */
  readonly bandwidth: number;
}

export interface PhaseEnd {
  /** When each thread found nothing left to claim. */
  readonly arrivals: number[];
  /** Microseconds, of all threads together, that tasks took longer because memory was busy. */
  readonly delayed: number;
}

interface Active {
  readonly thread: number;
  /** Microseconds still to go at full speed. */
  left: number;
  /** Bytes a microsecond at full speed. */
  readonly demand: number;
}

/**
 * Threads that begin at `starts` claim tasks in order, each as it gets free. Tasks that move bytes share the bandwidth
 * fairly: who asks for less than an equal share gets it, the others share the rest.
 */
export function runPhase(
  starts: readonly number[],
  tasks: readonly PhaseTask[],
  { claim, bandwidth }: PhaseOptions,
): PhaseEnd {
  const arrivals = [...starts];
  // Threads on their way to a claim, by time; threads with a task.
  const free = starts.map((time, thread) => ({ time, thread }));
  const active: Active[] = [];
  let now = Math.min(...starts);
  let counter = 0;
  let next = 0;
  let delayed = 0;
  while (free.length > 0 || active.length > 0) {
    const share = fairShare(active, bandwidth);
    const speed = ({ demand }: Active): number => (demand > share ? share / demand : 1);
    const first = free.reduce((a, b) => (b.time < a.time ? b : a), free[0] ?? { time: Infinity, thread: -1 });
    const done = Math.min(...active.map((task) => task.left / speed(task)));
    const advance = Math.min(first.time - now, done);
    for (const task of active) {
      const progress = speed(task) * advance;
      task.left -= progress;
      delayed += advance - progress;
    }
    now += advance;
    if (first.time - now <= 0) {
      free.splice(free.indexOf(first), 1);
      // The counter goes from claim to claim; the claim that finds nothing waits for it too.
      counter = Math.max(counter, now) + claim;
      if (next === tasks.length) arrivals[first.thread] = counter;
      else {
        const { duration, bytes } = tasks[next++];
        const demand = duration > 0 ? bytes / duration : 0;
        active.push({ thread: first.thread, left: counter - now + duration, demand });
      }
    } else {
      for (let index = active.length - 1; index >= 0; index--) {
        if (active[index].left > 1e-9) continue;
        free.push({ time: now, thread: active[index].thread });
        active.splice(index, 1);
      }
    }
  }
  return { arrivals, delayed };
}

/** The most that one task gets when all of them ask for more bytes than there are; Infinity when there are enough. */
function fairShare(active: readonly Active[], bandwidth: number): number {
  let asked = 0;
  for (const { demand } of active) asked += demand;
  if (asked <= bandwidth) return Infinity;
  const demands = active.map(({ demand }) => demand).toSorted((a, b) => a - b);
  let rest = bandwidth;
  for (const [index, demand] of demands.entries()) {
    const share = rest / (demands.length - index);
    if (demand >= share) return share;
    rest -= demand;
  }
  return Infinity;
}
