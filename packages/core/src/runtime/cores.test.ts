import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { affinityCount, availableCores, quotaOfGroups } from './cores.ts';

/** A root folder with these files: /proc and /sys as a process in some container sees them. */
async function rootWith(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'lockstep-cores-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

test.each([
  { title: 'a range', list: '0-3', count: 4 },
  { title: 'single processors and ranges', list: '0,2-5,9', count: 6 },
  { title: 'one processor', list: '7', count: 1 },
])('affinity: $title', async ({ list, count }) => {
  const status = `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed_list:\t0\n`;
  expect(affinityCount(await rootWith({ 'proc/self/status': status }))).toBe(count);
});

test('without /proc nothing is known, and Node decides', async () => {
  const root = await rootWith({});
  expect(affinityCount(root)).toBe(Infinity);
  expect(quotaOfGroups(root)).toBe(Infinity);
  expect(availableCores(root)).toBe(availableParallelism());
});

const V2 = '0::/user.slice/run.scope\n';
const V1 = '4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n';

test.each([
  { title: 'version 2, own group', cgroup: V2, files: { 'user.slice/run.scope/cpu.max': '150000 100000' }, quota: 1.5 },
  {
    title: 'version 2, no limit',
    cgroup: V2,
    files: { 'user.slice/run.scope/cpu.max': 'max 100000' },
    quota: Infinity,
  },
  {
    title: 'version 2, a tighter group around it',
    cgroup: V2,
    files: { 'user.slice/run.scope/cpu.max': '400000 100000\n', 'user.slice/cpu.max': '200000 100000\n' },
    quota: 2,
  },
  {
    title: 'version 2, in a container that sees its own root',
    cgroup: '0::/\n',
    files: { 'cpu.max': '300000 100000' },
    quota: 3,
  },
  {
    title: 'version 2, a path outside of what the container sees',
    cgroup: '0::/../other\n',
    files: { 'cpu.max': '50000 100000' },
    quota: 0.5,
  },
  {
    title: 'version 1, two controllers in one',
    cgroup: V1,
    files: {
      'cpu,cpuacct/docker/abc/cpu.cfs_quota_us': '250000\n',
      'cpu,cpuacct/docker/abc/cpu.cfs_period_us': '100000\n',
    },
    quota: 2.5,
  },
  {
    title: 'version 1, under the short name, at the root of the mount',
    cgroup: V1,
    files: { 'cpu/cpu.cfs_quota_us': '100000', 'cpu/cpu.cfs_period_us': '50000' },
    quota: 2,
  },
  {
    title: 'version 1, no limit',
    cgroup: V1,
    files: { 'cpu/docker/abc/cpu.cfs_quota_us': '-1', 'cpu/docker/abc/cpu.cfs_period_us': '100000' },
    quota: Infinity,
  },
  { title: 'a file that makes no sense', cgroup: V2, files: { 'cpu.max': 'lots' }, quota: Infinity },
])('quota: $title', async ({ cgroup, files, quota }) => {
  const groups = Object.fromEntries(Object.entries(files).map(([path, text]) => [`sys/fs/cgroup/${path}`, text]));
  expect(quotaOfGroups(await rootWith({ 'proc/self/cgroup': cgroup, ...groups }))).toBe(quota);
});

test('the least limit counts, in whole cores, and never less than one', async () => {
  const status = 'Cpus_allowed_list:\t0-63\n';
  const quota = (text: string): Record<string, string> => ({
    'proc/self/status': status,
    'proc/self/cgroup': '0::/\n',
    'sys/fs/cgroup/cpu.max': text,
  });
  expect(availableCores(await rootWith(quota('199999 100000')))).toBe(1);
  expect(availableCores(await rootWith(quota('10000 100000')))).toBe(1);
  expect(availableCores(await rootWith({ 'proc/self/status': 'Cpus_allowed_list:\t3\n' }))).toBe(1);
  expect(availableCores()).toBeGreaterThanOrEqual(1);
  expect(availableCores()).toBeLessThanOrEqual(availableParallelism());
});
