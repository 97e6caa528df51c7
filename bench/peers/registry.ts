import { existsSync, globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { availableCores } from '@lockstep/core';
import { type Command, measureInChild, type Outcome } from '../harness/child.ts';
import type { PeerRequest, Setting } from './protocol.ts';

/** A peer: how it is called in tables, the settings to try, and the program that measures it. */
export interface Peer {
  readonly name: string;
  readonly label: string;
  /** The settings worth trying on this machine, the likeliest first; the table shows the best. */
  settings(cores: number): readonly Setting[];
  command(setting: Setting): Command;
}

export const LOCKSTEP = 'lockstep';

/** Debian's names for the ways in which one OpenBLAS is built. */
const OPENBLAS = ['openmp', 'pthread'];

/** The folder of a variant of OpenBLAS that is installed, such as /usr/lib/x86_64-linux-gnu/openblas-serial. */
export function openblasFolder(variant: string): string | null {
  return globSync(`/usr/lib/*/openblas-${variant}`).find((folder) => existsSync(`${folder}/libblas.so.3`)) ?? null;
}

function node(file: string): Command {
  const script = fileURLToPath(new URL(file, import.meta.url));
  return { file: process.execPath, args: ['--conditions=lockstep-source', script] };
}

/** Debian's packages belong to the system's Python; another one may come first on the path. */
function python(file: string, env: Readonly<Record<string, string>>): Command {
  const system = '/usr/bin/python3';
  const script = fileURLToPath(new URL(file, import.meta.url));
  return { file: existsSync(system) ? system : 'python3', args: ['-B', script], env };
}

/** Libraries, numbers of threads and how they wait; without an OpenBLAS to choose, whatever the system uses. */
function pythonSettings(threadCounts: readonly number[]): Setting[] {
  const installed = OPENBLAS.filter((variant) => openblasFolder(variant) !== null);
  const libraries = installed.length > 0 ? installed : ['system'];
  return threadCounts.flatMap((threads) =>
    // On one thread all builds of the library are alike.
    libraries.slice(0, threads === 1 ? 1 : libraries.length).flatMap((blas) => {
      const passive: Setting = { threads, blas, wait: 'passive' };
      return threads === 1 ? [passive] : [passive, { threads, blas, wait: 'default' }];
    }),
  );
}

function pythonEnvironment({ threads, blas, wait }: Setting): Record<string, string> {
  const folder = openblasFolder(String(blas));
  const env = { OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) };
  const library = folder === null ? {} : { LD_LIBRARY_PATH: folder };
  return { ...env, ...library, ...(wait === 'passive' ? { OMP_WAIT_POLICY: 'PASSIVE' } : {}) };
}

const allAndOne = (cores: number): number[] => [...new Set([cores, 1])];

export const PEERS: readonly Peer[] = [
  {
    name: LOCKSTEP,
    label: 'Lockstep',
    settings: (cores) => ['auto', ...new Set([1, 2, cores])].map((workers) => ({ workers })),
    command: () => node('lockstep.ts'),
  },
  {
    name: 'pytorch',
    label: 'PyTorch',
    settings: (cores) => pythonSettings(allAndOne(cores)),
    command: (setting) => python('pytorch.py', pythonEnvironment(setting)),
  },
  {
    name: 'sklearn',
    label: 'scikit-learn',
    settings: (cores) => pythonSettings(allAndOne(cores)).filter(({ wait }) => wait === 'passive'),
    command: (setting) => python('scikitLearn.py', pythonEnvironment(setting)),
  },
  {
    name: 'jax',
    label: 'jax-js',
    settings: () => [{}],
    command: () => node('jax.ts'),
  },
  {
    name: 'tfjs-wasm',
    label: 'TensorFlow.js wasm',
    settings: () => [{ backend: 'wasm' }],
    command: () => node('tensorflow.ts'),
  },
  {
    name: 'tfjs-cpu',
    label: 'TensorFlow.js cpu',
    settings: () => [{ backend: 'cpu' }],
    command: () => node('tensorflow.ts'),
  },
  {
    name: 'brain',
    label: 'brain.js',
    settings: () => [{}],
    command: () => node('brain.ts'),
  },
];

/** The peers of these names, Lockstep always among them; all when none are named, Lockstep alone for `none`. */
export function choosePeers(names: readonly string[]): readonly Peer[] {
  if (names.join() === 'none') return PEERS.filter(({ name }) => name === LOCKSTEP);
  const known = PEERS.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no peer ${unknown.join(', ')}; there are ${known.join(', ')}`);
  return names.length === 0 ? PEERS : PEERS.filter(({ name }) => name === LOCKSTEP || names.includes(name));
}

/** All settings, or in a hurry the two likeliest. */
export function settingsOf(peer: Peer, { quick }: { readonly quick: boolean }): readonly Setting[] {
  const settings = peer.settings(availableCores());
  return quick ? settings.slice(0, 2) : settings;
}

/** One process of a peer. */
export function askPeer<Answer>(
  peer: Peer,
  request: PeerRequest,
  limitMs: number,
  check: (answer: unknown) => Answer,
): Promise<Outcome<Answer>> {
  const command = peer.command(request.setting);
  return measureInChild({ ...command, args: [...command.args, JSON.stringify(request)] }, limitMs, check);
}
