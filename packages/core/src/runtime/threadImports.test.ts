import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Paths of all modules that are loaded with these of runtime/, below packages/, and names of others. */
function importsOf(...names: readonly string[]): string[] {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    for (const name of ${JSON.stringify(names)}) await import(new URL(name + '.ts', '${import.meta.url}').href);
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

test.each(['compute', 'load', 'read'] as const)('a thread that is to %s loads little before its first step', (role) => {
  const loaded = importsOf('worker', role);
  expect(loaded).toContain(`core/src/runtime/${role}.ts`);
  for (const other of ['compute', 'load', 'read']) {
    if (other !== role) expect(loaded).not.toContain(`core/src/runtime/${other}.ts`);
  }
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

test("a thread of a model with layers or a loss of a user loads a few modules more, and the user's", () => {
  const plain = importsOf('worker', 'compute');
  // In the order of compute.ts, with a user's module in the end.
  const loaded = importsOf('worker', 'compute', 'userCode', 'userModules', '../testing/scaled');
  expect(loaded.filter((path) => !plain.includes(path))).toEqual([
    'core/src/files/parseJson.ts',
    'core/src/files/userModule.ts',
    'core/src/files/writeJson.ts',
    'core/src/layer.ts',
    'core/src/model/defineLayer.ts',
    'core/src/model/defineLoss.ts',
    'core/src/model/definition.ts',
    'core/src/model/spec.ts',
    'core/src/runtime/customErrors.ts',
    'core/src/runtime/customLayerKernels.ts',
    'core/src/runtime/customLossKernel.ts',
    'core/src/runtime/rowArrays.ts',
    'core/src/runtime/userCode.ts',
    'core/src/runtime/userModules.ts',
    'core/src/testing/scaled.ts',
    'core/src/warnings.ts',
  ]);
});
