import type { KernelName } from '@lockstep/kernels';
import type { Activation, ActivationLayerSpec } from '../model/spec.ts';
import { alignedInput, alignedMatrix } from './alignedInput.ts';
import { elementsOf, floatBits, type KernelCall, rowsOf } from './calls.ts';
import { PLAIN } from './gradientForm.ts';
import { plainInputGradients } from './inputGradients.ts';
import type { LayerOperation } from './layer.ts';
import { copyRows } from './merge.ts';

/** How an activation that works number by number is computed, and its gradient. */
interface Elementwise {
  readonly forward: KernelName;
  readonly gradient: KernelName;
  /** What the gradient is computed from: the output where that is enough, which then may stand in the input's place. */
  readonly from: 'input' | 'output';
  /** A number that both kernels take. */
  readonly parameter?: number;
}

/** What is not in this table is linear, or works row by row: softmax. */
const ELEMENTWISE: Readonly<Record<string, Elementwise>> = {
  relu: { forward: 'relu', gradient: 'reluGradient', from: 'output' },
  sigmoid: { forward: 'sigmoid', gradient: 'sigmoidGradient', from: 'output' },
  tanh: { forward: 'tanh', gradient: 'tanhGradient', from: 'output' },
  leakyRelu: { forward: 'leakyRelu', gradient: 'leakyReluGradient', from: 'output', parameter: 0.01 },
  elu: { forward: 'elu', gradient: 'eluGradient', from: 'output', parameter: 1 },
  selu: { forward: 'selu', gradient: 'seluGradient', from: 'output' },
  gelu: { forward: 'gelu', gradient: 'geluGradient', from: 'input' },
  geluTanh: { forward: 'geluTanh', gradient: 'geluTanhGradient', from: 'input' },
  silu: { forward: 'silu', gradient: 'siluGradient', from: 'input' },
  softplus: { forward: 'softplus', gradient: 'softplusGradient', from: 'output' },
  hardSigmoid: { forward: 'hardSigmoid', gradient: 'hardSigmoidGradient', from: 'output' },
  step: { forward: 'step', gradient: 'stepGradient', from: 'output' },
};

/** An activation as a layer of its own. */
export const activationOperation: LayerOperation<ActivationLayerSpec> = {
  outputShape: (_spec, [inputShape]) => inputShape,
  parameters: () => [],
  rows: ({ activation }) => (activation === 'softmax' ? 'close' : 'same'),

  forward({ activation }, context): readonly KernelCall[] {
    const { output } = context;
    const { input, copies } = alignedInput(context);
    const { name, parameter } = kernelOf(activation);
    const [y, x] = [rowsOf(output), rowsOf(input)];
    if (name === 'softmax') return [...copies, { kernel: 'softmax', arguments: [y, x, { rows: 1 }, output.columns] }];
    const { forward } = ELEMENTWISE[name];
    return [...copies, { kernel: forward, arguments: [y, x, elementsOf(output), ...parameter] }];
  },

  gradientForm: () => PLAIN,

  backward({ activation }, context): readonly KernelCall[] {
    const { output, outputGradient } = context;
    return plainInputGradients(context, (matrix) => {
      const isSame = matrix.rowBytes === outputGradient.rowBytes;
      const written = isSame ? matrix : alignedMatrix(context, 'gradient of its input');
      const { name, parameter } = kernelOf(activation);
      const [dx, dy] = [rowsOf(written), rowsOf(outputGradient)];
      const calls: KernelCall[] = [];
      if (name === 'softmax') {
        calls.push({ kernel: 'softmaxGradient', arguments: [dx, dy, rowsOf(output), { rows: 1 }, output.columns] });
      } else {
        const { gradient, from } = ELEMENTWISE[name];
        const seen = rowsOf(from === 'input' ? alignedInput(context).input : output);
        calls.push({ kernel: gradient, arguments: [dx, dy, seen, elementsOf(output), ...parameter] });
      }
      if (!isSame) calls.push(copyRows(matrix, written));
      return calls;
    });
  },

  blocks: () => [],
  refresh: () => [],
};

/** The row in the table above, and the number that its kernels take, as the int32 of its float32 bits. */
function kernelOf(activation: Activation): { readonly name: string; readonly parameter: readonly number[] } {
  const name = typeof activation === 'string' ? activation : activation.kind;
  const own = typeof activation === 'string' ? ELEMENTWISE[name]?.parameter : parameterOf(activation);
  return { name, parameter: own === undefined ? [] : [floatBits(own)] };
}

function parameterOf(activation: Exclude<Activation, string>): number {
  return activation.kind === 'leakyRelu' ? activation.slope : activation.alpha;
}
