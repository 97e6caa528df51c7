import {
  checkFitOptions,
  compilePlan,
  dataOfFit,
  fitRequest,
  formatBytes,
  formatCount,
  layOutModel,
  type Plan,
  type Region,
} from '@lockstep/core';
import { loadConfig } from '../loadConfig.ts';
import { applyFlags } from '../overrides.ts';
import { formatTable } from '../table.ts';
import { columnsOf, describeColumns } from './columns.ts';
import type { Description } from './description.ts';

/** Calls of a phase by kernel, e.g. { gemm: 3, biasRelu: 2 }. */
type Calls = Readonly<Record<string, number>>;

/** Model, plan and memory map of a config, without training. */
export async function describeConfig(file: string): Promise<Description> {
  const config = applyFlags(await loadConfig(file), {});
  const { model, test } = config;
  const given = checkFitOptions(config.fit, model.spec);
  const { dataset: data, options: fit } = dataOfFit(config.data, {
    ...given,
    validation: config.validation ?? undefined,
  });
  const { validation } = fit;
  const layout = layOutModel(model.spec);
  const plan = compilePlan({ ...fitRequest(model.spec, layout, data, fit), begin: layout.end });
  const parameters = layout.parameters.map(({ name, address, elements }) => ({
    name,
    offset: address,
    bytes: elements * 4,
  }));
  const memory = [...parameters, ...plan.memory.regions].filter(({ bytes }) => bytes > 0);
  const { batchSize, shardCount: shards, shardRows, threads: workers } = plan;
  const stepsPerEpoch = Math.ceil(data.rows / batchSize);
  const phases = phasesOf(plan);
  const columns = columnsOf(config.data);
  const record = {
    model: { spec: model.spec, parameters: model.countParams() },
    rows: { data: data.rows, validation: validation?.rows ?? null, test: test?.rows ?? null },
    columns: columns ?? null,
    batchSize,
    shards,
    shardRows,
    workers,
    stepsPerEpoch,
    epochs: fit.epochs,
    calls: phases,
    blocks: plan.blocks.length,
    units: plan.units.length,
    memory: { bytes: plan.memory.end, regions: memory },
  };

  const rows = [
    `${formatCount(data.rows)} rows to train on`,
    ...(validation === undefined ? [] : [`${formatCount(validation.rows)} for validation`]),
    ...(test === null ? [] : [`${formatCount(test.rows)} for test`]),
  ];
  const text = [
    model.summary(),
    rows.join(', '),
    ...(columns === undefined ? [] : describeColumns(columns)),
    `batches of ${formatCount(batchSize)} rows in ${shards} shards of ${shardRows}, ${formatCount(stepsPerEpoch)} steps an epoch, ${fit.epochs} epochs`,
    '',
    `Plan of a step, for ${workers} workers`,
    formatTable(
      ['Phase', 'Calls', 'Done for each', 'Kernels'],
      Object.entries(phases).map(([name, calls]) => [
        name,
        formatCount(total(calls)),
        SCOPES[name as Phase],
        list(calls),
      ]),
    ),
    `${formatCount(plan.blocks.length)} blocks of parameters in ${formatCount(plan.units.length)} units that a thread takes at once`,
    '',
    `Memory map, ${formatCount(plan.memory.end)} bytes (${formatBytes(plan.memory.end)}) in all`,
    formatTable(['Region', 'Offset', 'Bytes', 'Size'], memory.map(regionRow)),
  ].join('\n');
  return { record, text };
}

type Phase = 'forward' | 'loss' | 'backward' | 'gradient' | 'update' | 'refresh';

const SCOPES: { readonly [P in Phase]: string } = {
  forward: 'range of rows',
  loss: '16 rows',
  backward: 'range of rows',
  gradient: 'block and shard',
  update: 'block',
  refresh: 'block',
};

function phasesOf({ forward, loss, backward, blocks }: Plan): Record<Phase, Calls> {
  const count = (calls: readonly { readonly kernel: string }[]): Calls => {
    const counts: Record<string, number> = {};
    for (const { kernel } of calls) counts[kernel] = (counts[kernel] ?? 0) + 1;
    return counts;
  };
  return {
    forward: count(forward),
    loss: count(loss),
    backward: count(backward),
    gradient: count(blocks.map(({ gradient }) => gradient)),
    update: count(blocks.flatMap(({ update }) => update)),
    refresh: count(blocks.flatMap(({ refresh }) => refresh)),
  };
}

function total(calls: Calls): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}

function list(calls: Calls): string {
  return Object.entries(calls)
    .map(([kernel, count]) => (count === 1 ? kernel : `${kernel} × ${count}`))
    .join(', ');
}

function regionRow({ name, offset, bytes }: Region): string[] {
  return [name, formatCount(offset), formatCount(bytes), formatBytes(bytes)];
}
