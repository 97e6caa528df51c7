import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Paths of all modules that a thread of the pool loads for a task, below packages/, and names of others. */
function importsOf(role: 'compute' | 'load'): string[] {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    for (const name of ['worker', '${role}']) await import(new URL(name + '.ts', '${import.meta.url}').href);
    console.log(JSON.stringify(loaded));
  `;
  const args = ['--conditions=lockstep-source', '--input-type=module', '--eval', script];
  const packages = fileURLToPath(new URL('../../../', import.meta.url));
  const urls = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as string[];
  return urls
    .filter((url) => !url.startsWith('node:'))
    .map((url) => fileURLToPath(url).replace(packages, ''))
    .toSorted();
}

test.each(['compute', 'load'] as const)('a thread that is to %s loads little before its first step', (role) => {
  const loaded = importsOf(role);
  expect(loaded).toContain(`core/src/runtime/${role}.ts`);
  expect(loaded).not.toContain(`core/src/runtime/${role === 'load' ? 'compute' : 'load'}.ts`);
  // Nothing from other packages, no option checks, no compiler of plans, and of the kernels no compiling, checking or timing.
  const places = [...new Set(loaded.map((path) => path.replace(/[^/]*$/, '')))];
  const allowed = ['core/src/', 'core/src/plan/', 'core/src/runtime/', 'kernels/src/'];
  const own =
    role === 'compute'
      ? ['core/src/data/', 'core/src/ops/', 'core/src/optim/', 'core/src/optim/schedules/']
      : ['core/src/data/', 'core/src/random/'];
  expect(places.toSorted()).toEqual([...allowed, ...own].toSorted());
  if (role === 'compute')
    expect(loaded.filter((path) => path.startsWith('core/src/data/'))).toEqual(['core/src/data/openSource.ts']);
  const heavy =
    /\/(compile|check\w*|adam|sgd|schedules|select|selfCheck|measure|load|instantiate|createReferenceKernels)\.ts$/;
  expect(loaded.filter((path) => heavy.test(path) && path !== 'core/src/runtime/load.ts')).toEqual([]);
});
