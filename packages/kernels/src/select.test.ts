import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileModule } from './compile.ts';
import { describeKernels } from './describe.ts';
import { instantiateKernels } from './instantiate.ts';
import { load, loadKernels, refuseOldNode } from './load.ts';
import { measurePeak } from './measure.ts';
import { type KernelCandidate, selectKernels } from './select.ts';
import { createTrialMemory, trialProduct } from './trial.ts';

const MODULE = readFileSync(new URL('../wasm/lockstep-kernels.wasm', import.meta.url));
/** Opcodes with their prefix; each is changed into one of the same shape, so that the module stays valid. */
const RELAXED_MADD = [0xfd, 0x85, 0x02];
const RELAXED_NMADD = [0xfd, 0x86, 0x02];
const F32X4_SQRT = [0xfd, 0xe3, 0x01];
const F32X4_ABS = [0xfd, 0xe0, 0x01];

function candidate(name: string, compile: KernelCandidate['compile']): KernelCandidate {
  return { name, revectorized: false, compile, timingMilliseconds: 1 };
}

function compileChanged(from: number[], to: number[], which: (occurrence: number) => boolean): KernelCandidate {
  return candidate('changed kernels', () => {
    const bytes = Uint8Array.from(MODULE);
    let occurrence = 0;
    for (let i = Buffer.from(bytes).indexOf(Buffer.from(from)); i >= 0; i = MODULE.indexOf(Buffer.from(from), i + 1)) {
      if (which(occurrence++)) bytes.set(to, i);
    }
    if (occurrence === 0) throw new Error('The opcode does not occur.');
    return compileModule(bytes, { revectorize: false });
  });
}

const right = candidate('right kernels', () => compileModule(MODULE, { revectorize: false }));

test('the first candidate that computes what the reference computes is taken', () => {
  const selection = selectKernels([right]);
  expect(selection).toMatchObject({ kind: 'wasm', warnings: [], fusedMultiplyAdd: true });
  expect(Object.keys(selection.gflops)).toEqual(['6x16', '6x8']);
  expect(selection.gflops[selection.tile]).toBe(Math.max(...Object.values(selection.gflops)));
});

test('kernels that compute wrongly are found and passed over', () => {
  const selection = selectKernels([compileChanged(RELAXED_MADD, RELAXED_NMADD, () => true), right]);
  expect(selection.kind).toBe('wasm');
  expect(selection.warnings).toHaveLength(1);
  expect(selection.warnings[0]).toMatch(/changed kernels compute .*gemm 6x16,.* gemm 6x8,.* wrongly on Node v/);
});

test('a wrong kernel outside the product is found and named', () => {
  const selection = selectKernels([compileChanged(F32X4_SQRT, F32X4_ABS, () => true)]);
  expect(selection.kind).toBe('reference');
  expect(selection.warnings[0]).toContain('compute adam, adamW, nadam, adagrad, rmsprop, adadelta wrongly');
});

test('a kernel that traps counts as wrong', () => {
  const UNREACHABLE_NOP_NOP = [0x00, 0x01, 0x01];
  const selection = selectKernels([compileChanged(F32X4_SQRT, UNREACHABLE_NOP_NOP, () => true)]);
  expect(selection.kind).toBe('reference');
  expect(selection.warnings[0]).toContain('compute adam, adamW, nadam, adagrad, rmsprop, adadelta wrongly');
});

test('one wrong tile leaves the other', () => {
  // Find an occurrence that only the product of one tile uses.
  const selections = Array.from({ length: 40 }, (_, i) =>
    selectKernels([compileChanged(RELAXED_MADD, RELAXED_NMADD, (occurrence) => occurrence === i * 12)]),
  );
  const halves = selections.filter(({ kind, warnings }) => kind === 'wasm' && warnings.length === 1);
  expect(halves.length).toBeGreaterThan(0);
  for (const { gflops, warnings } of halves) {
    expect(Object.keys(gflops)).toHaveLength(1);
    expect(warnings[0]).toMatch(/compute gemm\w* 6x(16|8)\b.* wrongly/);
  }
});

test('an engine that refuses the module gets the reference, with advice', () => {
  const refusing = candidate('refused kernels', () => {
    throw new Error('no relaxed SIMD');
  });
  const selection = selectKernels([refusing]);
  expect(selection).toMatchObject({ kind: 'reference', module: null, tile: 'scalar', gflops: {} });
  expect(selection.warnings).toEqual([
    'The refused kernels do not run here (no relaxed SIMD).',
    expect.stringContaining('Use Node 22.18 or newer'),
  ]);
  expect(describeKernels(selection)).toMatch(/^kernels: plain JavaScript.*\nwarning: .*\nwarning: /);
});

test('a module that is optimised while it runs gives the same bits', () => {
  const selection = selectKernels([
    { ...right, compile: () => compileModule(MODULE, { revectorize: false, eager: false }), timingMilliseconds: 20 },
  ]);
  expect(selection).toMatchObject({ kind: 'wasm', warnings: [] });
});

test('the environment chooses', () => {
  expect(load({ LOCKSTEP_KERNELS: 'reference' })).toMatchObject({ kind: 'reference', warnings: [] });
  expect(load({ LOCKSTEP_KERNELS: 'wasm', LOCKSTEP_REVECTORIZE: '0' })).toMatchObject({
    kind: 'wasm',
    revectorized: false,
  });
  expect(() => load({ LOCKSTEP_KERNELS: 'fast' })).toThrow(/LOCKSTEP_KERNELS is "fast"/);
});

test('kernels are loaded once, can be posted, and are the exports themselves', () => {
  const selection = loadKernels();
  expect(loadKernels()).toBe(selection);
  const channel = new MessageChannel();
  expect(() => channel.port1.postMessage(selection)).not.toThrow();
  channel.port1.close();
  const kernels = instantiateKernels(selection, createTrialMemory());
  for (const [name, kernel] of Object.entries(kernels)) expect(String(kernel), name).toContain('[native code]');
});

test('the peak is not below the speed of a product', () => {
  const selection = loadKernels();
  expect(measurePeak(selection)).toBeGreaterThan(0.5 * selection.gflops[selection.tile]!);
  expect(measurePeak(load({ LOCKSTEP_KERNELS: 'reference' }))).toBeGreaterThan(0);
});

test('the reference sees memory that has grown', () => {
  const memory = createTrialMemory();
  expect(memory.buffer.byteLength).toBeLessThan(16 * 65536);
  const kernels = instantiateKernels({ module: null, tile: 'scalar' }, memory);
  trialProduct(kernels, { m: 1, n: 1, k: 1 });
  memory.grow(64);
  const address = 40 * 65536;
  new Float32Array(memory.buffer, address, 2).set([-1, 2]);
  kernels.reluGradient(address, address, address, 2);
  expect([...new Float32Array(memory.buffer, address, 2)]).toEqual([0, 2]);
});

test('a Node without what threads need is refused with a sentence', () => {
  expect(() => refuseOldNode('v20.19.0')).toThrow('Lockstep needs Node 22.18 or newer; this is Node 20.19.0.');
  expect(() => refuseOldNode(process.version)).not.toThrow();
});
