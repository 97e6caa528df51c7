import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from './events.ts';
import { eventsUntil, MetricsLog, readEvents, writeEvents } from './metricsLog.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-metrics-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const HASH = 'a'.repeat(64);
const epoch = (number: number): RunEvent => ({ event: 'epoch', epoch: number, steps: number * 10, weightsHash: HASH });
const checkpoint = (steps: number): RunEvent => ({
  ...{ event: 'checkpoint', steps, file: `checkpoints/${steps}`, weightsHash: HASH },
  ...{ pauseSeconds: 0, writeSeconds: 0, bytes: 1 },
});
const restart = (thread: string): RunEvent => ({
  event: 'restart',
  thread,
  place: 'step 1',
  cause: 'none',
  seconds: 1,
});
const resume = (steps: number): RunEvent => ({ event: 'resume', from: 'x', epoch: 0, steps, workers: 1 });
const end = (status: 'interrupted' | 'failed', steps: number | null): RunEvent => ({
  ...{ event: 'end', status, stoppedBy: 'SIGINT', steps, weightsHash: HASH },
});

describe('MetricsLog', () => {
  it('appends in the order of the calls, and reads what it wrote', async () => {
    const events = [epoch(1), checkpoint(10), restart('loader'), resume(10), end('interrupted', 12)];
    const log = await MetricsLog.open(folder);
    for (const event of events.slice(0, 4)) void log.append(event);
    await log.append(events[4]);
    expect(await readEvents(folder)).toEqual(events);
    await log.close();
  });

  it('reads no line that was cut short', async () => {
    await writeEvents(folder, [epoch(1)]);
    appendFileSync(join(folder, 'metrics.jsonl'), '{"event":"epoch","epoch":2');
    expect(await readEvents(folder)).toEqual([epoch(1)]);
    expect(readFileSync(join(folder, 'metrics.jsonl'), 'utf8')).toMatch(/2$/);
  });

  it.each([
    'nonsense',
    '[]',
    'null',
    '{"event":"lunch"}',
    '{"event":"epoch","epoch":1}',
    '{"event":"checkpoint","steps":-1}',
  ])('refuses a line such as %s', async (line) => {
    writeFileSync(join(folder, 'metrics.jsonl'), `${JSON.stringify(epoch(1))}\n${line}\n`);
    await expect(readEvents(folder)).rejects.toThrow(/metrics\.jsonl:2: expected an event of a run.*FILE_INVALID/);
  });

  it('has no events without a file', async () => {
    rmSync(join(folder, 'metrics.jsonl'), { force: true });
    expect(await readEvents(folder)).toEqual([]);
  });
});

describe('eventsUntil', () => {
  it('keeps what a checkpoint knows', () => {
    const events = [epoch(1), checkpoint(15), epoch(2), checkpoint(20), epoch(3)];
    expect(eventsUntil(events, { epoch: 1, steps: 15 })).toEqual([epoch(1), checkpoint(15)]);
    expect(eventsUntil(events, { epoch: 3, steps: 30 })).toEqual(events);
    expect(eventsUntil(events, { epoch: 0, steps: 0 })).toEqual([]);
  });

  it('keeps a checkpoint that is told of after epochs that came later', () => {
    expect(eventsUntil([epoch(1), epoch(2), checkpoint(12)], { epoch: 1, steps: 12 })).toEqual([
      epoch(1),
      checkpoint(12),
    ]);
  });

  it('drops an epoch whose steps are done but whose evaluation is not', () => {
    expect(eventsUntil([epoch(1), epoch(2)], { epoch: 1, steps: 20 })).toEqual([epoch(1)]);
  });

  it('keeps restarts up to the first event that it drops, and ends up to the step', () => {
    const events = [
      restart('a'),
      epoch(1),
      end('interrupted', 12),
      resume(12),
      epoch(2),
      restart('b'),
      end('failed', null),
    ];
    expect(eventsUntil(events, { epoch: 1, steps: 12 })).toEqual([
      ...[restart('a'), epoch(1), end('interrupted', 12), resume(12), end('failed', null)],
    ]);
  });
});
