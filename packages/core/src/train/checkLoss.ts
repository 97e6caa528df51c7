import * as v from 'valibot';
import { checkOptions } from '../model/check.ts';
import type { CustomLossSpec } from '../model/lossDefinition.ts';
import { customLossOf } from '../model/losses.ts';
import { type Custom, returnedNoNumber } from '../runtime/customErrors.ts';
import {
  differences,
  invalidCheck,
  requireNumbers,
  requireSame,
  rowsSchema,
  run,
  toleranceSchema,
} from './gradientCheck.ts';
import { guardedArray } from './guardedArray.ts';

export interface CheckLossOptions {
  /** Rows of the model's output and of labels to try it with. */
  readonly outputs: readonly (readonly number[])[];
  readonly labels: readonly (readonly number[])[];
  /** Largest error of the gradient, as a part of its largest entry; default 1e-6. */
  readonly tolerance?: number;
}

const lossSchema = v.strictObject({
  outputs: rowsSchema('outputs'),
  labels: rowsSchema('labels'),
  tolerance: toleranceSchema,
});

/**
 * Tries a loss of one's own (`defineLoss`) on a few rows, for a test of it, as `checkLayer` does: its gradient must be the central
 * differences of the loss. Throws LOSS_FAILED, which names the number, and INVALID_OPTION.
 */
export function checkLoss(spec: CustomLossSpec, options: CheckLossOptions): void {
  const { outputs, labels, tolerance: most } = checkOptions(lossSchema, options, 'checkLoss');
  const defined = customLossOf(spec);
  if (defined === null) throw invalidCheck('checkLoss(loss)', 'a loss that defineLoss has made, called', typeof spec);
  if (outputs.length !== labels.length) {
    throw invalidCheck('checkLoss.labels', `${outputs.length} rows, as outputs has`, `${labels.length}`);
  }
  const { definition, module, loss: name } = defined;
  const custom: Custom = { kind: 'loss', name, definedAs: name, module };
  for (const [row, values] of outputs.entries()) {
    const lossCall = { custom, member: 'loss', row };
    const gradientCall = { custom, member: 'gradient', row };
    const output = Float64Array.from(values);
    const arrays = {
      options: spec.options,
      output: guardedArray(output, 'output', false),
      label: guardedArray(Float64Array.from(labels[row]), 'label', false),
    };
    const scalar = (): number => {
      const loss: unknown = run(lossCall, () => definition.loss(arrays));
      if (typeof loss === 'number' && !Number.isNaN(loss)) return loss;
      throw returnedNoNumber(lossCall, loss);
    };
    const gradient = new Float64Array(output.length).fill(NaN);
    run(gradientCall, () =>
      definition.gradient({ ...arrays, outputGradient: guardedArray(gradient, 'outputGradient', true) }),
    );
    requireNumbers(gradientCall, 'outputGradient', gradient);
    requireSame(gradientCall, 'outputGradient', gradient, differences(output, scalar), most);
  }
}
