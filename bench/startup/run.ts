import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, type Failure, measureInChild, type Outcome } from '../harness/child.ts';
import { interleave, type Point, type Series } from '../harness/interleave.ts';
import type { BenchOptions } from '../harness/options.ts';
import { readNumber, readObject } from '../harness/read.ts';
import { type Spread, spread } from '../harness/statistics.ts';
import { makeBuiltCopy, ROOT, startupFolder } from './builtCopy.ts';

export interface StartupRow {
  readonly name: string;
  readonly milliseconds: Spread | null;
  readonly failure: Failure | null;
}

export interface StartupResult {
  /** `lockstep train` of the digits example, from the start of the process to the end of its first training step. */
  readonly firstStep: readonly StartupRow[];
  /** Importing a package in a process that has started. */
  readonly imports: readonly StartupRow[];
}

/** Where a row runs: the sources, or a copy with the packages built. */
type Form = 'source' | 'built';

const OWN_PACKAGES = ['@lockstep/kernels', '@lockstep/core', '@lockstep/arrow', 'lockstep'];
const PEER_PACKAGES = [
  ['@jax-js/jax'],
  ['@tensorflow/tfjs-layers', '@tensorflow/tfjs-backend-wasm'],
  ['@tensorflow/tfjs-layers', '@tensorflow/tfjs-backend-cpu'],
  ['brain.js'],
];
const PYTHON_MODULES = [['torch'], ['sklearn.neural_network']];

/** Starts are short: more rounds than elsewhere. */
const MORE_ROUNDS = 2;
const LIMIT_MS = 30_000;

export async function benchStartup({ rounds, quick, log }: BenchOptions): Promise<StartupResult> {
  log('startup');
  const built = quick ? { failure: { kind: 'absent', reason: 'not built in a quick run' } as const } : buildCopy();
  const roots = { source: ROOT, built: 'root' in built ? built.root : null };
  const runs = mkdtempSync(join(tmpdir(), 'lockstep-runs-'));
  try {
    const measure = async (points: readonly Point<number>[]): Promise<StartupRow[]> => {
      const cost = null;
      return (await interleave(points, { rounds: rounds * MORE_ROUNDS, cost, slowMs: 5000 })).map(summarise);
    };
    let run = 0;
    const firstStep = (['built', 'source'] as const).flatMap((form) =>
      ['auto', '1', '2'].map((workers): Point<number> => ({
        peer: `lockstep train, workers ${workers}, ${form}`,
        setting: '',
        measure: () => {
          const root = roots[form];
          if (root === null) return Promise.resolve(absent(built));
          return measureFirstStep(trainCommand(form, root, workers, join(runs, String(run++))));
        },
      })),
    );
    return { firstStep: await measure(firstStep), imports: await measure(importPoints(roots, built)) };
  } finally {
    rmSync(runs, { recursive: true, force: true });
    if ('remove' in built) built.remove();
  }
}

type Built = ReturnType<typeof makeBuiltCopy> | { readonly failure: Failure };

function buildCopy(): Built {
  try {
    return makeBuiltCopy();
  } catch (error) {
    const { stdout } = error as { stdout?: Buffer };
    const reason = `the packages do not build: ${stdout?.toString().split('\n')[0] ?? String(error)}`;
    return { failure: { kind: 'failed', reason } };
  }
}

function absent(built: Built): Outcome<number> {
  const failure: Failure = 'failure' in built ? built.failure : { kind: 'absent', reason: 'not built' };
  return { value: null, failure, wallMs: 0 };
}

function trainCommand(form: Form, root: string, workers: string, out: string): Command {
  const main = join(root, form === 'source' ? 'packages/cli/src/main.ts' : 'packages/cli/dist/main.js');
  const config = join(startupFolder(root), 'firstStep.config.ts');
  const args = ['train', config, '--workers', workers, '--out', out];
  return { file: process.execPath, args: [...conditions(form), main, ...args] };
}

function conditions(form: Form): string[] {
  return form === 'source' ? ['--conditions=lockstep-source'] : [];
}

/** Milliseconds from here to the time that the process prints. */
async function measureFirstStep(command: Command): Promise<Outcome<number>> {
  const start = performance.timeOrigin + performance.now();
  return measureInChild(command, LIMIT_MS, (answer) => {
    const milliseconds = readNumber(readObject(answer, 'answer').firstStep, 'firstStep') - start;
    if (milliseconds > 0) return milliseconds;
    throw new Error('the command ended without a training step');
  });
}

function importPoints(roots: { source: string; built: string | null }, built: Built): Point<number>[] {
  const own = OWN_PACKAGES.map((name): Point<number> => ({
    peer: `${name}, built`,
    setting: '',
    measure: () => (roots.built === null ? Promise.resolve(absent(built)) : importInNode(roots.built, [name])),
  }));
  const peers = PEER_PACKAGES.map((names): Point<number> => ({
    peer: names.join(' + '),
    setting: '',
    measure: () => importInNode(roots.source, names),
  }));
  const python = PYTHON_MODULES.map((names): Point<number> => ({
    peer: `${names.join(' + ')} (Python)`,
    setting: '',
    measure: () => {
      const file = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
      return importIn({ file, args: [join(startupFolder(ROOT), 'importTime.py'), JSON.stringify(names)] });
    },
  }));
  return [...own, ...peers, ...python];
}

function importInNode(root: string, names: readonly string[]): Promise<Outcome<number>> {
  const args = [join(startupFolder(root), 'importTime.ts'), JSON.stringify(names)];
  return importIn({ file: process.execPath, args });
}

function importIn(command: Command): Promise<Outcome<number>> {
  return measureInChild(command, LIMIT_MS, (answer) =>
    readNumber(readObject(answer, 'answer').milliseconds, 'milliseconds'),
  );
}

function summarise({ peer, answers, failure }: Series<number>): StartupRow {
  return { name: peer, milliseconds: answers.length === 0 ? null : spread(answers), failure };
}
