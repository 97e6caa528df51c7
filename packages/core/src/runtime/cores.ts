import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * How many threads can really run at once: the least of what Node reports, the affinity mask, and the CPU quota of
 * every control group this process is in. A container with a quota of 2 on a machine of 64 gives 2; more threads than
 * that would be put to sleep in the middle of a step while the others wait for them. Never less than 1.
 * `root` is '/' except in tests.
 */
export function availableCores(root = '/'): number {
  const limits = [availableParallelism(), affinityCount(root), Math.floor(quotaOfGroups(root))];
  return Math.max(1, Math.min(...limits));
}

/** Number of processors in the affinity mask of this process; Infinity where /proc does not say. */
export function affinityCount(root: string): number {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(read(join(root, 'proc/self/status')))?.[1];
  if (list === undefined) return Infinity;
  let count = 0;
  for (const range of list.split(',')) {
    const [first, last] = range.split('-').map(Number);
    count += (last ?? first) - first + 1;
  }
  return count > 0 ? count : Infinity;
}

/** The smallest quota, in cores, of the process's control group and all groups around it; Infinity without one. */
export function quotaOfGroups(root: string): number {
  let quota = Infinity;
  for (const line of read(join(root, 'proc/self/cgroup')).split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? [];
    if (path === undefined) continue;
    if (controllers === '') quota = Math.min(quota, quotaUpwards(join(root, 'sys/fs/cgroup'), path, quotaV2));
    else if (controllers.split(',').includes('cpu')) {
      for (const mount of [controllers, 'cpu']) {
        quota = Math.min(quota, quotaUpwards(join(root, 'sys/fs/cgroup', mount), path, quotaV1));
      }
    }
  }
  return quota;
}

/** A quota of a group binds all groups inside it, so every ancestor counts; inside a container only the mount's root shows. */
function quotaUpwards(mount: string, path: string, quotaAt: (folder: string) => number): number {
  let quota = Infinity;
  for (let group = path; ; group = dirname(group)) {
    quota = Math.min(quota, quotaAt(join(mount, group)));
    if (group === '/' || group === '.') return quota;
  }
}

/** cgroup v2: `cpu.max` holds "<quota> <period>" in microseconds, or "max <period>". */
function quotaV2(folder: string): number {
  const [quota, period] = read(join(folder, 'cpu.max')).trim().split(/\s+/);
  return ratio(quota, period);
}

/** cgroup v1: two files; a quota of -1 is none. */
function quotaV1(folder: string): number {
  return ratio(read(join(folder, 'cpu.cfs_quota_us')).trim(), read(join(folder, 'cpu.cfs_period_us')).trim());
}

function ratio(quota: string, period: string | undefined): number {
  const cores = Number(quota) / Number(period);
  return cores > 0 ? cores : Infinity;
}

/** '' where the file does not exist: other systems, other versions of cgroups. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
