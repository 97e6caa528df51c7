import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { spread } from '../harness/statistics.ts';
import { checkStepAnswer } from '../peers/protocol.ts';
import { type ProfileArguments } from './arguments.ts';
import { readProfiles } from './cpuProfile.ts';
import { writeFlameDirectory } from './flameDirectory.ts';
import { flameTicks } from './flameTicks.ts';
import { nameLanes } from './lanes.ts';
import { runLimited } from './limitedRun.ts';
import { ProfileError } from './profileError.ts';
import { selfTimeTable } from './selfTimes.ts';
import { benchStep, mnist, ROOT, type RunSettings } from './workload.ts';

/** Neither statistics nor a question whether to send them, and no look for a newer clinic. */
const QUIET = { NO_INSIGHT: '1', NO_UPDATE_NOTIFIER: '1' };

export interface Report {
  /** The page. */
  readonly html: string;
  /** What to know beside it. */
  readonly notes: string;
}

/** `clinic doctor`: CPU, memory and event loop of the process over time. CPU counts all threads: 200 % is two cores. */
export async function doctor(args: ProfileArguments, folder: string, settings: RunSettings): Promise<Report> {
  const html = await collect('doctor', args, folder, settings);
  return { html, notes: 'CPU counts all threads: 100 % is one core. Event loop and memory are of the main thread.' };
}

/** `clinic heapprofiler`: what the main thread allocates. */
export async function heapProfiler(args: ProfileArguments, folder: string, settings: RunSettings): Promise<Report> {
  const html = await collect('heapprofiler', args, folder, settings);
  const notes =
    'The main thread only: the heap profiler sees neither the workers nor the memory that they share with it.\n' +
    'It also replaces NODE_OPTIONS: options from there do not reach the program.';
  return { html, notes };
}

/** A flame picture with a lane for each thread, from the profiles that Node's own CPU profiler writes for each. */
export async function flame(args: ProfileArguments, folder: string, settings: RunSettings): Promise<Report> {
  const profiles = join(folder, 'profiles');
  const { stepCase, steps, workers } = args;
  const program = stepCase === undefined ? mnist(args, steps) : benchStep(stepCase, workers);
  await runLimited({
    ...settings,
    title: stepCase?.name ?? 'The MNIST example',
    args: ['--cpu-prof', `--cpu-prof-dir=${profiles}`, ...program],
  });
  const { html, notes } = await drawFlame(profiles, folder, settings);
  return { html, notes: stepCase === undefined ? notes : `${stepTime(settings)}\n\n${notes}` };
}

/** What the program of a case has printed last. */
function stepTime({ log }: RunSettings): string {
  const printed = readFileSync(log, 'utf8').split('\n');
  const answer = checkStepAnswer(JSON.parse(printed.findLast((line) => line.startsWith('{')) ?? 'null'));
  const { min, median } = spread(answer.microseconds);
  return `${answer.steps} steps: ${(median / 1e3).toFixed(2)} ms a step, best ${(min / 1e3).toFixed(2)} ms`;
}

/** clinic's own collector sees one thread, so it draws what we make of the profiles in the folder `profiles`. */
export async function drawFlame(profiles: string, folder: string, settings: RunSettings): Promise<Report> {
  const lanes = nameLanes(readProfiles(profiles));
  const data = join(folder, 'threads.clinic-flame');
  writeFlameDirectory(data, flameTicks(lanes), join(ROOT, 'packages'));
  await runClinic(['flame', '--open=false', '--visualize-only', data], settings);
  return { html: existing(`${data}.html`, settings), notes: selfTimeTable(lanes) };
}

async function collect(
  tool: 'doctor' | 'heapprofiler',
  args: ProfileArguments,
  folder: string,
  settings: RunSettings,
): Promise<string> {
  const program = [process.execPath, ...mnist(args, args.steps)];
  await runClinic([tool, '--open=false', '--dest', folder, '--name', 'mnist', '--', ...program], settings);
  return existing(join(folder, `mnist.clinic-${tool}.html`), settings);
}

async function runClinic(args: readonly string[], settings: RunSettings): Promise<void> {
  const env = { ...settings.env, ...QUIET };
  await runLimited({ ...settings, env, title: `clinic ${args[0]}`, args: [findClinic(), ...args] });
}

function findClinic(): string {
  try {
    return createRequire(import.meta.url).resolve('clinic/bin.js');
  } catch {
    throw new ProfileError(
      'clinic is not installed: it is an optional dependency of bench/. Run `npx -y pnpm@12 install`.',
    );
  }
}

/** clinic can end well without a page. */
function existing(html: string, { log }: RunSettings): string {
  if (!existsSync(html)) throw new ProfileError(`clinic ended without writing ${html}. What it printed is in ${log}.`);
  return html;
}
