import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildSpec } from '../model/build.ts';
import { dense } from '../model/layers.ts';
import { sparseCategoricalCrossentropy } from '../model/losses.ts';
import { adam } from '../optim/adam.ts';
import { compilePlan } from './compile.ts';
import { MemoryMapBuilder, type Region } from './memoryMap.ts';
import { layOutModel } from './modelLayout.ts';

function expectApart(regions: readonly Region[], begin: number, end: number): void {
  let last = begin;
  for (const { name, offset, bytes } of regions) {
    expect(offset % 64, name).toBe(0);
    expect(offset, name).toBeGreaterThanOrEqual(last);
    last = offset + bytes;
  }
  expect(end).toBeGreaterThanOrEqual(last);
}

test('regions lie apart, in order, on cache lines', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 1_000_000 }), (all, first) => {
      const map = new MemoryMapBuilder(first);
      const offsets = all.map((bytes, index) => map.reserve(`region ${index}`, bytes));
      const { regions, begin, end } = map.finish();
      expect(begin).toBeGreaterThanOrEqual(first);
      expect(regions).toEqual(all.map((bytes, index) => ({ name: `region ${index}`, offset: offsets[index], bytes })));
      expectApart(regions, begin, end);
    }),
  );
});

test('a map may end one line below 4 GiB, where addresses wrap, and not later', () => {
  const gib = 2 ** 30;
  const full = new MemoryMapBuilder(0);
  full.reserve('first', 3 * gib);
  full.reserve('second', gib - 64);
  expect(full.finish().end).toBe(4 * gib - 64);
  full.reserve('one more', 1);
  expect(() => full.finish()).toThrow(
    expect.objectContaining({
      code: 'MEMORY_EXCEEDED',
      received: expect.stringContaining('first: 3.0 GiB\n  second: 1024.0 MiB'),
    }),
  );
});

test('every address of a plan lies inside the region that it is for, beyond the parameters', () => {
  const spec = buildSpec([dense(33, { activation: 'relu' }), dense(7, { activation: 'softmax' })], {
    inputShape: [19],
  });
  const layout = layOutModel(spec);
  const plan = compilePlan({
    spec,
    purpose: 'train',
    loss: sparseCategoricalCrossentropy(),
    optimizer: adam(),
    batchSize: 50,
    shards: 'auto',
    slots: 4,
    threads: 3,
    begin: layout.end,
  });
  const { regions, begin, end } = plan.memory;
  expect(begin).toBeGreaterThanOrEqual(layout.end);
  expectApart(regions, begin, end);
  const regionAt = (address: number, bytes: number): Region | undefined =>
    regions.find(({ offset, bytes: size }) => address >= offset && address + bytes <= offset + size);
  // A block's gradient is summed in the thread's scratch: training needs no memory for whole gradients.
  expect(plan.gradients).toEqual([]);
  for (const { elements } of plan.blocks) {
    expect(elements * 4).toBeLessThanOrEqual(plan.scratch.levelBytes);
  }
  expect(plan.scratch.levelOffset + plan.scratch.levels * plan.scratch.levelBytes).toBe(plan.scratch.bytesPerThread);
  expect(regionAt(plan.scratch.address, 3 * plan.scratch.bytesPerThread)?.name).toBe('scratch of 3 threads');
  expect(regionAt(plan.slots.address, 4 * plan.slots.bytes)?.name).toBe('4 batch slots');
  expect(regionAt(plan.output.address, 50 * 7 * 4)?.name).toBe('output of dense_2');
  for (const region of plan.zeroed) expect(regions).toContainEqual(region);
  const withGradients = compilePlan({
    spec,
    purpose: 'gradients',
    loss: sparseCategoricalCrossentropy(),
    optimizer: null,
    batchSize: 50,
    shards: 'auto',
    slots: 1,
    threads: 1,
    begin: layout.end,
  });
  const regionsWithGradients = withGradients.memory.regions;
  for (const [index, parameter] of layout.parameters.entries()) {
    const region = regionsWithGradients.find(({ name }) => name === `gradient of ${parameter.name}`);
    expect(region?.offset).toBe(withGradients.gradients[index]);
    expect(region?.bytes).toBeGreaterThanOrEqual(parameter.elements * 4);
  }
  // Blocks cover every parameter once.
  for (const [index, { elements }] of layout.parameters.entries()) {
    const own = plan.blocks.filter(({ parameter }) => parameter === index);
    let next = 0;
    for (const block of own) {
      expect(block.begin).toBe(next);
      next += block.elements;
    }
    expect(next).toBe(elements);
  }
});

test('a plan depends on the threads in the size of its scratch alone', () => {
  const spec = buildSpec([dense(3)], { inputShape: [4] });
  const request = {
    spec,
    purpose: 'train',
    loss: { kind: 'meanSquaredError' },
    optimizer: adam(),
    batchSize: 9,
    shards: 'auto',
    slots: 4,
  } as const;
  const [one, many] = [1, 64].map((threads) => compilePlan({ ...request, threads, begin: 4096 }));
  expect({ ...many, threads: 1, memory: one.memory }).toEqual(one);
});
