import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileKernels } from '../build/build.ts';
import { type CompiledModule, webAssembly } from './sharedMemory.ts';

test('compiling assembly/ gives the committed module, byte for byte', async () => {
  const committed = readFileSync(new URL('../wasm/lockstep-kernels.wasm', import.meta.url));
  const compiled = await compileKernels();
  expect(compiled.length, 'run `pnpm build:kernels` and commit the module').toBe(committed.length);
  expect(Buffer.compare(compiled, committed)).toBe(0);
});

test('the module imports its memory and nothing else', () => {
  const bytes = readFileSync(new URL('../wasm/lockstep-kernels.wasm', import.meta.url));
  const { imports } = webAssembly.Module as unknown as { imports(module: CompiledModule): object[] };
  expect(imports(new webAssembly.Module(bytes))).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
});
