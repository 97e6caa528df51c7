import * as v from 'valibot';
import { BatchFiller } from '../data/batchFiller.ts';
import { fileOrder } from '../data/order.ts';
import { type NumberArray, tensorDataset } from '../data/tensorDataset.ts';
import { checkOptions, seedSchema } from '../model/check.ts';
import { checkLossSpec, type Loss } from '../model/losses.ts';
import { STEP_STATE, TOTALS } from '../plan/plan.ts';
import { slotViews } from '../runtime/batchSlots.ts';
import { Breather } from '../runtime/breather.ts';
import { StepRunner } from '../runtime/stepRunner.ts';
import { StepState } from '../runtime/stepState.ts';
import { checkData, checkLossFits } from './compatibility.ts';
import { shardsSchema } from './commonOptions.ts';
import { penaltyOf } from './penalty.ts';
import { fillerOptions, Run } from './run.ts';
import type { ModelState } from './state.ts';

export interface GradientsOptions {
  /** [rows × features], row-major. */
  readonly features: NumberArray;
  /** As for tensorDataset. */
  readonly labels: NumberArray;
  readonly sampleWeights?: NumberArray;
  readonly loss: Loss;
  /** Pieces of the batch; default 'auto'. */
  readonly shards?: number | 'auto';
  /**
   * What layers compute that compute something else in training. false (default): as in `predict` and `evaluate`, so that it is the
   * gradient of what these tell. true: as in the first step of a `fit` with the same `seed` and `shards`.
   */
  readonly training?: boolean;
  /** Of the masks of dropout, with `training`; default 0. */
  readonly seed?: number;
}

export interface Gradients {
  /** Σ weight · loss / Σ weight, and what regularizers add; NaN when all weights are 0. */
  readonly loss: number;
  /** Gradient of that loss by parameter name, in the parameter's shape. */
  readonly gradients: Readonly<Record<string, Float32Array>>;
}

const callSchema = v.looseObject({
  loss: v.optional(v.unknown()),
  shards: v.optional(shardsSchema, 'auto'),
  training: v.optional(v.boolean('training is true or false'), false),
  seed: v.optional(seedSchema, 0),
});

/** Loss and gradients of one batch, on the calling thread, weights unchanged: see `Model.gradients`. */
export async function gradients(state: ModelState, options: GradientsOptions): Promise<Gradients> {
  const { loss: given, shards, training, seed } = checkOptions(callSchema, options, 'gradients');
  const loss = checkLossSpec(given, 'gradients.loss');
  const { features, labels, sampleWeights } = options;
  const dataset = tensorDataset({
    features,
    labels,
    featureShape: state.spec.inputShape,
    ...(sampleWeights === undefined ? {} : { sampleWeights }),
  });
  checkLossFits(state.spec, loss, 'gradients');
  checkData(state.spec, state.layout, dataset, loss, 'gradients');
  const request = {
    purpose: 'gradients',
    loss,
    optimizer: null,
    batchSize: dataset.rows,
    shards,
    ...{ training, seed },
    slots: 1,
    threads: 1,
  } as const;
  const run = new Run(state.arena, { spec: state.spec, ...request });
  try {
    const { plan } = run;
    const { buffer } = state.arena.memory;
    const filler = await BatchFiller.open(fillerOptions(dataset, plan, fileOrder(dataset, plan.batchSize)));
    filler.startEpoch(0);
    const rows = await filler.fill(slotViews(buffer, plan.slots, plan.batchSize)[0]);
    filler.close();
    const runner = new StepRunner(plan, run.functions(), buffer, 0);
    const ranges = runner.begin(0, 0, rows);
    const breather = new Breather();
    for (let range = 0; range < ranges; range++) {
      runner.computeRange(range, true);
      if (breather.due()) await breather.breathe();
    }
    runner.finishCompute(false);
    for (let unit = 0; unit < plan.units.length; unit++) {
      runner.reduceUnit(unit);
      if (breather.due()) await breather.breathe();
    }
    const totals = new StepState(plan, buffer).after(0).subarray(STEP_STATE.evaluate);
    const weight = totals[TOTALS.weight];
    return {
      loss: totals[TOTALS.loss] / weight + penaltyOf(state),
      gradients: Object.fromEntries(
        state.layout.parameters.flatMap(({ name, elements, trainable }, index) => {
          if (!trainable) return [];
          const sum = new Float32Array(buffer, plan.gradients[index], elements);
          // Without any weight there is no gradient; `fit` takes it for 0 in such a step too.
          return [[name, Float32Array.from(sum, (value) => (weight > 0 ? value / weight : 0))] as const];
        }),
      ),
    };
  } finally {
    await run.close();
  }
}
