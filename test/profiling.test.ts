import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ROOT } from './tools/packPackages.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;

beforeEach(() => {
  // A name with a space: paths in NODE_OPTIONS need quotes then.
  folder = mkdtempSync(join(tmpdir(), 'lockstep profiling-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function node(args: readonly string[], env: NodeJS.ProcessEnv = {}): Ended {
  const cleared = { ...process.env, NODE_OPTIONS: undefined, LOCKSTEP_DATA: undefined };
  const ended = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env: { ...cleared, ...env } });
  return { code: ended.status, stdout: ended.stdout, stderr: ended.stderr };
}

/** What `pnpm clinic:<tool>` runs. */
function clinic(args: readonly string[], env: NodeJS.ProcessEnv = {}): Ended {
  return node(['bench/clinic/main.ts', ...args, '--out', join(folder, 'out')], env);
}

describe("threads under clinic's preloads", () => {
  /** Writes a preload that notes each thread in which it is loaded. */
  function writePreload(path: string, log: string): void {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(
      path,
      `require('node:fs').appendFileSync(${JSON.stringify(log)}, require('node:worker_threads').threadId + '\\n');`,
    );
  }

  function threadsIn(log: string): string[] {
    return readFileSync(log, 'utf8').trim().split('\n').toSorted();
  }

  it('are free of them, and have what the user preloads', () => {
    const injects = join(folder, 'node_modules/@clinic/doctor/injects');
    const heap = join(folder, 'node_modules/@clinic/heap-profiler/src/injects/ipc.js');
    const mine = join(folder, 'mine.cjs');
    const logs = ['sampler', 'heap', 'mine'].map((name) => join(folder, `${name}.log`));
    writePreload(join(injects, 'sampler.js'), logs[0]);
    writePreload(heap, logs[1]);
    writePreload(mine, logs[2]);
    const options = `-r sampler.js --trace-event-categories v8 -r "${heap}" -r "${mine}" --title=mine`;
    const args = ['--conditions=lockstep-source', 'examples/digits/main.ts', '--workers', '2', '--steps', '3'];
    // Trace events are written into the current folder.
    const run = node(args.with(1, join(ROOT, args[1])), {
      NODE_OPTIONS: `${options} --trace-event-file-pattern="${folder}/trace.log"`,
      NODE_PATH: injects,
    });
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('epoch') as string });
    expect(logs.map(threadsIn)).toEqual([['0'], ['0'], ['0', '1', '2', '3']]);
  });
});

describe('clinic:flame', () => {
  const frame = (functionName: string, url = '', line = -1): object => ({
    callFrame: { functionName, url, lineNumber: line, columnNumber: line },
  });
  const core = `file://${ROOT}/packages/core/dist`;

  /** Writes what Node's CPU profiler would: one stack below the root for each sample, with its milliseconds. */
  function writeProfile(
    thread: number,
    stacks: readonly (readonly [stack: readonly object[], milliseconds: number])[],
  ): void {
    const nodes: { id: number; children: number[] }[] = [{ id: 1, children: [], ...frame('(root)') }];
    const samples = stacks.map(([stack]) =>
      stack.reduce<number>((parent, callFrame) => {
        const id = nodes.length + 1;
        nodes.push({ id, children: [], ...callFrame });
        nodes[parent - 1].children.push(id);
        return id;
      }, 1),
    );
    const times = stacks.map(([, milliseconds]) => 1000 * milliseconds);
    const endTime = 5000 + times.reduce((sum, time) => sum + time, 0);
    // The first delta leads to the first sample; the last sample stands until the end.
    const profile = { nodes, samples, timeDeltas: [0, ...times.slice(0, -1)], startTime: 5000, endTime };
    mkdirSync(join(folder, 'profiles'), { recursive: true });
    writeFileSync(
      join(folder, `profiles/CPU.20260101.000000.77.${thread}.00${thread}.cpuprofile`),
      JSON.stringify(profile),
    );
  }

  const clinicIsThere = ((): boolean => {
    try {
      return createRequire(join(ROOT, 'bench/clinic/main.ts')).resolve('clinic/bin.js') !== '';
    } catch {
      return false;
    }
  })();

  it.runIf(clinicIsThere)('draws a lane for each thread, with kernels and waits by name', () => {
    const compute = frame('compute', `${core}/runtime/compute.js`, 13);
    const arrive = frame('arrive', `${core}/runtime/barrier.js`, 20);
    const sleep = frame('sleepWhile', `${core}/runtime/control.js`, 55);
    const tile = frame('tiles.generated/store6x16', 'wasm://wasm/00c0ffee', 0);
    const load = frame('load', `${core}/runtime/load.js`, 44);
    const copy = frame('_copyActual', 'node:buffer', 240);
    const loading = ['a', 'b', 'c'].map((name) => frame(name, `node:internal/${name}`, 1));
    writeProfile(0, [
      [[frame('(idle)')], 90],
      [[frame('odd name [Symbol.iterator]', `${core}/train/fit.js`, 3)], 2],
    ]);
    writeProfile(1, [
      [loading, 20],
      [[compute, tile], 60.4],
      [[compute, arrive, sleep], 20.6],
    ]);
    writeProfile(2, [
      [[compute, tile], 25],
      [[compute, arrive, sleep], 65],
      [[compute, copy, frame('')], 10],
    ]);
    writeProfile(3, [[[load, sleep], 10]]);

    const { code, stdout, stderr } = clinic(['flame', '--profiles', join(folder, 'profiles')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    // One tick a millisecond. Idle time has none, and Node's frames in a row are one.
    const data = join(folder, 'out/threads.clinic-flame');
    const ticks = JSON.parse(readFileSync(join(data, 'threads.clinic-flame-samples'), 'utf8')) as { name: string }[][];
    const counts = new Map<string, number>();
    for (const stack of ticks) {
      const names = stack.map(({ name }) => name.split(' ')[0]).join(' ');
      counts.set(names, (counts.get(names) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({
      'main odd_name_[Symbol.iterator]': 2,
      'loader load sleepWhile': 10,
      'worker-0 a': 20,
      'worker-0 compute store6x16': 60,
      'worker-0 compute arrive sleepWhile': 21,
      'worker-1 compute store6x16': 25,
      'worker-1 compute arrive sleepWhile': 65,
      'worker-1 compute _copyActual (anonymous)': 10,
    });

    // The table leaves out the start of a thread.
    expect(stdout).toMatch(/^% of the time at its task +main +loader +worker-0 +worker-1$/m);
    expect(stdout).toMatch(/^tiles\.generated\/store6x16 +· +· +74\.6 +25\.0$/m);
    expect(stdout).toMatch(/^sleepWhile < arrive barrier\.js +· +· +25\.4 +65\.0$/m);
    expect(stdout).toMatch(/^native < _copyActual node:buffer +· +· +· +10\.0$/m);
    expect(stdout).toMatch(/^sleepWhile < load load\.js +· +100\.0 +· +·$/m);

    const html = stdout.trimEnd().split('\n').at(-1)!;
    expect(html).toBe(`${data}.html`);
    const page = readFileSync(html, 'utf8');
    for (const text of ['worker-0', 'worker-1', 'loader', 'store6x16', './core/dist/runtime/barrier.js']) {
      expect(page, text).toContain(text);
    }
  });

  it('says that there are no profiles', () => {
    expect(clinic(['flame', '--profiles', folder])).toMatchObject({
      code: 1,
      stderr: `${folder}: expected files CPU.*.cpuprofile, found none.\n`,
    });
    expect(clinic(['flame', '--profiles', '/nowhere'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('/nowhere cannot be read') as string,
    });
  });
});

describe('clinic scripts', () => {
  it('say what is missing where there is no data', () => {
    const named = clinic(['doctor', '--data', '/nowhere']);
    expect(named.stderr).toContain('/nowhere does not hold the MNIST files');
    expect(named.stderr).toContain('LOCKSTEP_DATA');
    expect(named.code).toBe(2);
    const { code, stderr } = clinic(['doctor'], { LOCKSTEP_DATA: '/elsewhere' });
    expect(stderr).toContain('/elsewhere does not hold the MNIST files');
    expect(code).toBe(2);
  });

  it.each([
    [['bubbles'], "Expected one of doctor, flame, heapprofiler, received 'bubbles'."],
    [['doctor', '--steps', '0'], "--steps: expected a whole number of at least 1, received '0'."],
    [['doctor', '--', '--limit', 'x'], "--limit: expected a whole number of at least 1, received 'x'."],
    [['doctor', '--profiles', 'x'], '--profiles: only clinic:flame draws those.'],
    [['doctor', '--case', '784-512'], '--case: only clinic:flame runs those.'],
    [['flame', '--case', '784-512', '--profiles', 'x'], '--case and --profiles: expected one of them.'],
    [['flame', '--case', '784-512'], "--case: '784-512' is in several names: 784-512-256-10, batch 256, SGD;"],
    [['flame', '--case', '3-3'], 'no case named 3-3; there are 2-8-8-2'],
    [['flame', '--bogus'], "Unknown option '--bogus'"],
  ])('refuse %j with exit code 2', (args, message) => {
    const { code, stdout, stderr } = clinic(args);
    expect(stderr).toContain(message);
    expect(stderr).toContain('--workers N');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  it.runIf(existsSync('/proc/self/stat'))('end what they started when the time is over', async () => {
    // The example starts a program of its own and never ends, as clinic does when it hangs.
    const pids = join(folder, 'pids');
    const hang = join(folder, 'hang.cjs');
    writeFileSync(
      hang,
      `if (process.argv[1]?.endsWith('mnist/main.ts')) {
         const { pid } = require('node:child_process').spawn('sleep', ['600']);
         require('node:fs').writeFileSync(${JSON.stringify(pids)}, process.pid + ' ' + pid);
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
       }`,
    );
    const { code, stderr } = clinic(['doctor', '--limit', '2'], { NODE_OPTIONS: `-r "${hang}"` });
    expect(stderr).toContain('The MNIST example passed the time limit');
    expect(stderr).toContain('--limit');
    expect(code).toBe(1);
    const started = readFileSync(pids, 'utf8').split(' ');
    expect(started).toHaveLength(2);
    await vi.waitFor(() => expect(started.filter(runs)).toEqual([]));
  });
});

/** Whether the process is there and not only waiting for its parent to take note of its end. */
function runs(pid: string): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
