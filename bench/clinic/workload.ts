import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StepRequest } from '../peers/protocol.ts';
import type { StepCase } from '../step/cases.ts';
import type { ProfileArguments } from './arguments.ts';
import { type LimitedRun, runLimited } from './limitedRun.ts';
import { ProfileError } from './profileError.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What all runs of one command share. */
export type RunSettings = Omit<LimitedRun, 'title' | 'args'>;

/**
 * Builds the packages if their sources are newer: profiles are of the built files, because clinic takes frames in `.ts`
 * for V8's own and hides them. TypeScript's build mode looks what is stale.
 */
export async function build(settings: RunSettings): Promise<void> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-b', join(ROOT, 'packages/cli/tsconfig.build.json')];
  await runLimited({ ...settings, title: 'The build of the packages', args });
}

/** The MNIST example, as arguments of Node. It takes the built packages, or the sources after `FROM_SOURCES`. */
export function mnist({ workers, data }: ProfileArguments, steps: number): string[] {
  const folder = data === undefined ? [] : ['--data', data];
  // There are at most as many epochs as steps.
  const numbers = ['--workers', workers, '--steps', steps, '--epochs', steps].map(String);
  return [join(ROOT, 'examples/mnist/main.ts'), ...numbers, ...folder];
}

/** Long enough for the compilation of the kernels, half a second, to be a small share. */
const CASE_MS = 12_000;

/** A case of `bench step` on random numbers, as arguments of Node: the same program that the benchmark times. */
export function benchStep(stepCase: StepCase, workers: number): string[] {
  const { name: _name, ...network } = stepCase;
  const request: StepRequest = { task: 'step', ...network, budgetMs: CASE_MS, seed: 1, setting: { workers } };
  return [join(ROOT, 'bench/peers/lockstep.ts'), JSON.stringify(request)];
}

const FROM_SOURCES = '--conditions=lockstep-source';

/** One step without a profiler: converts the data where that is still to do, and fails before any profiler starts. */
export async function rehearse(args: ProfileArguments, settings: RunSettings): Promise<void> {
  try {
    await runLimited({ ...settings, title: 'The MNIST example', args: [FROM_SOURCES, ...mnist(args, 1)] });
  } catch (error) {
    if (!(error instanceof ProfileError) || !error.message.includes('--data')) throw error;
    throw new ProfileError(`${error.message}\nThe folder can also be named by the variable LOCKSTEP_DATA.`, 2);
  }
}
