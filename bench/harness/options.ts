import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const PARTS = ['gemm', 'step', 'accuracy', 'startup', 'memory', 'scaling', 'loader'] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  readonly parts: readonly Part[];
  /** Names of peers, and texts that cases' names contain; empty for all. */
  readonly peers: readonly string[];
  readonly cases: readonly string[];
  readonly rounds: number;
  /** Time for measuring in one process. */
  readonly budgetMs: number;
  /** Time after which a process is ended. */
  readonly limitMs: number;
  readonly quick: boolean;
  /** Of the largest file that the part loader writes. */
  readonly megabytes: number;
  /** A folder with MNIST's IDX files; null where it is usually looked for. */
  readonly data: string | null;
  readonly json: string | null;
  readonly prototype: string | null;
  /** Where progress is told. */
  log(this: void, line: string): void;
}

export const USAGE = `pnpm bench [parts…] [options]

  parts              ${PARTS.join(' ')}; all when none is named
  --peers a,b        only these, and Lockstep: pytorch sklearn jax tfjs-wasm tfjs-cpu brain; none for Lockstep alone
  --cases a,b        only cases of the part step whose names contain one of the texts; of the part loader: images bytes
                     columns training csv
  --rounds N         processes for each measurement; default 3
  --quick            one round of short measurements
  --megabytes N      size of the largest file of the part loader; default 1000, with --quick 64
  --data FOLDER      MNIST's IDX files, for the part accuracy; else $LOCKSTEP_DATA or ../shared/data/mnist
  --json FILE        writes all figures there
  --prototype FILE   an AssemblyScript file with an \`sgemm\`, which the part gemm measures too`;

export function readOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: args.filter((argument) => argument !== '--'),
    allowPositionals: true,
    options: {
      peers: { type: 'string', default: '' },
      cases: { type: 'string', default: '' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      megabytes: { type: 'string' },
      data: { type: 'string' },
      json: { type: 'string' },
      prototype: { type: 'string' },
    },
  });
  const unknown = positionals.find((name) => !isPart(name));
  if (unknown !== undefined) throw new Error(`no part ${unknown}; there are ${PARTS.join(', ')}`);
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds is a whole number from 1, not ${values.rounds}`);
  const megabytes = Number(values.megabytes ?? (values.quick ? 64 : 1000));
  if (!Number.isInteger(megabytes) || megabytes < 1)
    throw new Error(`--megabytes is a whole number from 1, not ${values.megabytes}`);
  const path = (value: string | undefined): string | null => (value === undefined ? null : resolve(value));
  return {
    parts: positionals.length === 0 ? PARTS : PARTS.filter((part) => positionals.includes(part)),
    peers: list(values.peers),
    cases: list(values.cases),
    rounds,
    budgetMs: values.quick ? 300 : 1000,
    limitMs: values.quick ? 20_000 : 90_000,
    quick: values.quick,
    megabytes,
    data: path(values.data ?? process.env.LOCKSTEP_DATA),
    json: path(values.json),
    prototype: path(values.prototype),
    log: (line) => void process.stderr.write(`${line}\n`),
  };
}

function isPart(name: string): name is Part {
  return (PARTS as readonly string[]).includes(name);
}

function list(text: string): string[] {
  return text.split(',').filter((item) => item !== '');
}
