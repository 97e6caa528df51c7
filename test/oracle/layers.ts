import type { CustomSpec, LayerSpec } from '@lockstep/core';

/** What a layer computes from one row, in double precision and from its definition; null where that is in denseNetwork.ts. */
export function rowOutputs(
  spec: LayerSpec,
  values: readonly number[],
  lastDimension: number,
  parameters: Readonly<Record<string, { readonly values: ArrayLike<number> }>>,
): number[] | null {
  const constant = (value: number | readonly number[], i: number): number =>
    typeof value === 'number' ? value : value[i % value.length];
  switch (spec.kind) {
    case 'layerNormalization': {
      const outputs: number[] = [];
      for (let at = 0; at < values.length; at += lastDimension) {
        const vector = values.slice(at, at + lastDimension);
        const mean = vector.reduce((sum, x) => sum + x, 0) / lastDimension;
        const variance = vector.reduce((sum, x) => sum + (x - mean) ** 2, 0) / lastDimension;
        for (const [i, x] of vector.entries()) {
          const normalized = (x - mean) / Math.sqrt(variance + spec.epsilon);
          outputs.push((parameters['gamma']?.values[i] ?? 1) * normalized + (parameters['beta']?.values[i] ?? 0));
        }
      }
      return outputs;
    }
    case 'rescaling':
      return values.map((x, i) => constant(spec.scale, i) * x + constant(spec.offset, i));
    case 'normalization':
      return values.map((x, i) => (x - constant(spec.mean, i)) / Math.sqrt(constant(spec.variance, i)));
    case 'embedding':
      return values.flatMap((index) =>
        Array.from(
          { length: spec.outputDimension },
          (_, i) => parameters['embeddings'].values[index * spec.outputDimension + i],
        ),
      );
    case 'categoryEncoding': {
      const ones = (index: number): number[] =>
        Array.from({ length: spec.categories }, (_, i) => (i === index ? 1 : 0));
      if (spec.mode === 'oneHot') return values.flatMap(ones);
      const counts = ones(-1).map((_, i) => values.filter((index) => index === i).length);
      return spec.mode === 'count' ? counts : counts.map((count) => Math.min(count, 1));
    }
    case 'custom':
      return customOutputs(spec, values, parameters);
    case 'activation':
    case 'add':
    case 'batchNormalization':
    case 'concatenate':
    case 'dense':
    case 'dropout':
    case 'flatten':
    case 'input':
    case 'reshape':
      break;
  }
  return null;
}

/** The layers that the tests have written themselves. */
function customOutputs(
  { layer, options }: CustomSpec,
  values: readonly number[],
  parameters: Readonly<Record<string, { readonly values: ArrayLike<number> }>>,
): number[] {
  if (layer === 'swish') return values.map((x, i) => x / (1 + Math.exp(-parameters['beta'].values[i] * x)));
  const centers = parameters['centers'].values;
  return Array.from(parameters['heights'].values, (height, k) => {
    const square = values.reduce((sum, x, i) => sum + (x - centers[k * values.length + i]) ** 2, 0);
    return height * Math.exp(-Math.fround(Number(options['gamma'])) * square);
  });
}

/** Shape of a layer's output for one row. */
export function outputShape(spec: LayerSpec, inputs: readonly (readonly number[])[]): readonly number[] {
  const [first] = inputs;
  const size = inputs.reduce((sum, shape) => sum + shape.reduce((product, n) => product * n, 1), 0);
  switch (spec.kind) {
    case 'dense':
      return [spec.units];
    case 'flatten':
    case 'concatenate':
      return [size];
    case 'reshape':
      return spec.targetShape;
    case 'embedding':
      return [...first, spec.outputDimension];
    case 'categoryEncoding':
      return spec.mode === 'oneHot' ? [...first, spec.categories] : [spec.categories];
    case 'custom':
      return spec.layer === 'radialBasis' ? [Number(spec.options['units'])] : first;
    case 'activation':
    case 'add':
    case 'batchNormalization':
    case 'dropout':
    case 'input':
    case 'layerNormalization':
    case 'normalization':
    case 'rescaling':
      break;
  }
  return first;
}
