import type { CallFrame } from './cpuProfile.ts';
import { atTask, type Lane } from './lanes.ts';

/** A table of the functions that threads stood in, as percent of each thread's time at its task: the largest first. */
export function selfTimeTable(lanes: readonly Lane[], rows = 16): string {
  const columns = lanes.map((lane) => selfTimes(lane));
  const names = [...new Set(columns.flatMap((shares) => [...shares.keys()]))];
  const inWorkers = (name: string): number =>
    columns.reduce(
      (sum, shares, lane) => sum + (lanes[lane].name.startsWith('worker') ? (shares.get(name) ?? 0) : 0),
      0,
    );
  const inAll = (name: string): number => columns.reduce((sum, shares) => sum + (shares.get(name) ?? 0), 0);
  const sorted = names.toSorted((a, b) => inWorkers(b) - inWorkers(a) || inAll(b) - inAll(a));
  // What workers do, then what the others do most.
  const shown = [...sorted.slice(0, rows), ...sorted.slice(rows).filter((name) => inAll(name) >= 0.02)];
  const width = Math.max(...shown.map((name) => name.length));
  const line = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(width)}${cells.map((cell) => cell.padStart(10)).join('')}`;
  return [
    line(
      '% of the time at its task',
      lanes.map(({ name }) => name),
    ),
    ...shown.map((name) =>
      line(
        name,
        columns.map((shares) => percent(shares.get(name) ?? 0)),
      ),
    ),
  ].join('\n');
}

/** Share of the time at its task that a thread spent in each function itself, without what that called. */
export function selfTimes(lane: Lane): Map<string, number> {
  const samples = atTask(lane);
  const total = samples.reduce((sum, { microseconds }) => sum + microseconds, 0);
  const shares = new Map<string, number>();
  for (const { stack, microseconds } of samples) {
    const name = functionLabel(stack);
    shares.set(name, (shares.get(name) ?? 0) + microseconds / total);
  }
  return shares;
}

/** A wait says nothing without who waits: `sleepWhile` has its caller beside it, and so has what has no name. */
function functionLabel(stack: readonly CallFrame[]): string {
  const [caller, frame] = [stack.at(-2), stack.at(-1)];
  if (frame === undefined) return '(root)';
  const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
  if (name === '(anonymous)' && frame.url === '' && caller !== undefined)
    return `native < ${caller.functionName} ${fileOf(caller)}`;
  if (frame.url === '' || frame.url.startsWith('wasm:')) return name;
  if (name === 'sleepWhile' && caller !== undefined) return `sleepWhile < ${caller.functionName} ${fileOf(caller)}`;
  return `${name} ${fileOf(frame)}`;
}

function fileOf({ url }: CallFrame): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

function percent(share: number): string {
  return share < 0.0005 ? '·' : (100 * share).toFixed(1);
}
