/**
 * Profiles the MNIST example, or a case of `bench step`, with clinic, without a browser: `npx -y pnpm@12 clinic:doctor`, `clinic:flame` and
 * `clinic:heapprofiler`. The last line is the path of the page. docs/profiling.md says how to read it.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readArguments, type ProfileArguments } from './arguments.ts';
import { doctor, drawFlame, flame, heapProfiler, type Report } from './clinic.ts';
import { ProfileError } from './profileError.ts';
import { build, rehearse, ROOT, type RunSettings } from './workload.ts';

const PROFILERS = { doctor, flame, heapprofiler: heapProfiler } as const;

try {
  const args = readArguments(process.argv.slice(2), process.env);
  const { html, notes } = await profile(args);
  print(`\n${notes}\n\n${html}`);
} catch (error) {
  if (!(error instanceof ProfileError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}

async function profile(args: ProfileArguments): Promise<Report> {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const folder = resolve(args.out ?? join(ROOT, 'runs/clinic', `${args.tool}-${stamp}`));
  mkdirSync(folder, { recursive: true });
  const settings: RunSettings = {
    // clinic leaves files in the current folder while it works.
    cwd: folder,
    env: process.env,
    log: join(folder, 'output.txt'),
    // The limit is for the whole command, so that nobody waits longer than they said.
    deadline: Date.now() + 1000 * args.limitSeconds,
  };
  if (args.profiles !== undefined) return drawFlame(resolve(args.profiles), folder, settings);
  const absolute = { ...args, data: args.data === undefined ? undefined : resolve(args.data) };
  if (args.stepCase === undefined) {
    print('one step of the MNIST example, to see that it runs');
    await rehearse(absolute, settings);
  }
  print('building the packages, if their sources are newer');
  await build(settings);
  const work = args.stepCase?.name ?? `${args.steps} steps`;
  print(`${work} with ${args.workers} workers under ${args.tool}`);
  return PROFILERS[args.tool](absolute, folder, settings);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
