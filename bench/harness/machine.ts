import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, totalmem, type } from 'node:os';
import { availableCores, describeKernels, loadKernels } from '@lockstep/core';

export interface Machine {
  readonly cpu: string;
  /** Cores that this process may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  readonly kernels: string;
  /** Of the repository, with `+` when files differ from it; empty without git. */
  readonly commit: string;
  /** Work that others did on the machine at the beginning: mean number of running threads in the last minute. */
  readonly load: number;
}

export function describeMachine(): Machine {
  return {
    cpu: describeCpu(),
    cores: availableCores(),
    memoryBytes: totalmem(),
    system: `${type()}, ${arch()}`,
    node: process.versions.node,
    kernels: describeKernels(loadKernels()),
    commit: describeCommit(),
    load: loadavg()[0],
  };
}

/** A hosted machine often names no model: family and model say which generation it is. */
function describeCpu(): string {
  const name = cpus()[0]?.model.trim() ?? 'unknown processor';
  let info = '';
  try {
    info = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return name;
  }
  const field = (key: string): string | undefined => new RegExp(`^${key}\\s*:\\s*(.+)$`, 'm').exec(info)?.[1];
  const [family, model] = [field('cpu family'), field('model')];
  const vectors = ['avx512f', 'avx2', 'sse2'].find((flag) => field('flags')?.split(' ').includes(flag));
  const details = [family && `family ${family}`, model && `model ${model}`, vectors].filter(
    (text) => text !== undefined,
  );
  return details.length === 0 ? name : `${name} (${details.join(', ')})`;
}

function describeCommit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'safe.directory=*', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    return git('rev-parse', '--short', 'HEAD').trim() + (git('status', '--porcelain', '-uno').trim() === '' ? '' : '+');
  } catch {
    return '';
  }
}
