import { once } from 'node:events';
import { delimiter } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { threadEnvironment } from './threadEnvironment.ts';

const DOCTOR = '-r no-cluster.js -r sampler.js --trace-events-enabled --trace-event-categories v8';
const BUBBLEPROF = '-r no-cluster.js -r logger.js --trace-events-enabled --trace-event-categories node.async_hooks';
const HEAP_PROFILER = '-r "/home/my projects/node_modules/@clinic/heap-profiler/src/injects/ipc.js"';
const INJECTS = '/home/me/node_modules/.pnpm/clinic@13.0.0/node_modules/@clinic/doctor/injects';

/** NODE_OPTIONS of threads when clinic's folder is in NODE_PATH; undefined: as the process has them. */
function inThreads(NODE_OPTIONS: string, NODE_PATH = ['/elsewhere', INJECTS].join(delimiter)): string | undefined {
  return threadEnvironment({ NODE_OPTIONS, NODE_PATH })?.NODE_OPTIONS;
}

describe('threadEnvironment', () => {
  it.each([
    ['doctor', DOCTOR],
    ['doctor with a port', `${DOCTOR} -r detect-port.js`],
    ['bubbleprof', BUBBLEPROF],
    ['heap profiler', HEAP_PROFILER],
    [
      'heap profiler on Windows',
      String.raw`-r "C:\\my projects\\node_modules\\@clinic\\heap-profiler\\src\\injects\\ipc.js"`,
    ],
    ['the long forms', '--require sampler.js --require=no-cluster.js'],
  ])('removes what %s sets', (_, options) => {
    expect(inThreads(options)).toBe('');
  });

  it.each([
    '--cpu-prof --cpu-prof-dir="/tmp/my profiles"',
    '--max-old-space-size=4096 --no-warnings',
    '-r ./sampler.js',
    '--require "/home/me/my tools/logger.js"',
    String.raw`--import "/a/say \"hello\".mjs" --conditions development`,
  ])("keeps the user's %s, as it is written", (options) => {
    expect(inThreads(`${DOCTOR} ${options}`)).toBe(options);
    expect(inThreads(`${options}  ${HEAP_PROFILER}`)).toBe(options);
  });

  it('lets threads inherit where clinic is not at work', () => {
    expect(threadEnvironment({ PATH: '/bin' })).toBeUndefined();
    expect(inThreads('--cpu-prof --title=mine -r ./sampler.js')).toBeUndefined();
    // Modules of the user's own, with names that clinic has too.
    expect(inThreads('-r sampler.js -r logger.js', '/home/me/modules')).toBeUndefined();
    expect(inThreads('')).toBeUndefined();
  });

  it('keeps every other variable, and changes nothing in place', () => {
    const env = { NODE_OPTIONS: HEAP_PROFILER, HOME: '/home/me' };
    expect(threadEnvironment(env)).toEqual({ NODE_OPTIONS: '', HOME: '/home/me' });
    expect(env.NODE_OPTIONS).toBe(HEAP_PROFILER);
  });

  it('leaves nothing that Node refuses in a thread', async () => {
    // Every option that this Node accepts in NODE_OPTIONS, tried one by one as it would come beside clinic's.
    const forms = [...process.allowedNodeEnvironmentFlags].flatMap((flag) =>
      flag.startsWith('--') ? [flag, `${flag}=1`] : [],
    );
    const refused = forms.filter((form) => {
      const env = threadEnvironment({ NODE_OPTIONS: `${HEAP_PROFILER} ${form}` });
      return env?.NODE_OPTIONS === form && isRefused(form);
    });
    expect(forms.length).toBeGreaterThan(100);
    expect(refused).toEqual([]);
    expect(isRefused('--title=mine')).toBe(true);
  });

  it('is an environment that threads start with, and without the preload', async () => {
    const env = threadEnvironment({ ...process.env, NODE_OPTIONS: `${HEAP_PROFILER} --title=mine --no-warnings` });
    const worker = new Worker('process.exitCode = process.env.NODE_OPTIONS === "--no-warnings" ? 3 : 4', {
      eval: true,
      ...(env === undefined ? {} : { env }),
    });
    expect(await once(worker, 'exit')).toEqual([3]);
  });
});

/** Whether Node refuses the option in a thread. The title, which it refuses too, comes last: no thread is ever started. */
function isRefused(option: string): boolean {
  const start = (): Worker => new Worker('', { eval: true, env: { NODE_OPTIONS: `${option} --title=end` } });
  let message = '';
  try {
    start();
  } catch (error) {
    ({ message } = error as Error);
  }
  const first = /NODE_OPTIONS env variable: (\S+) is not allowed/.exec(message)?.[1];
  if (first === undefined && !message.includes('NODE_OPTIONS')) throw new Error(`not refused: ${message}`);
  return first !== undefined && (first !== '--title=' || option.startsWith('--title'));
}
