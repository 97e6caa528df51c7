import { describeKernels, instantiateKernels, loadKernels, measurePeak } from '@lockstep/kernels';
import { spread, type Spread } from '../harness/statistics.ts';
import { loadOpenBlas } from './openblas.ts';
import { checkAgreement, createOperands, PLACES, type Products, productsOf } from './products.ts';
import { compilePrototype } from './prototype.ts';
import { shapeName, SHAPES } from './shapes.ts';

/** GFLOP/s of each repetition; a place in one list and the same in another were measured one after the other. */
export interface ShapeRates {
  readonly name: string;
  readonly packedInStep: boolean;
  readonly packed: readonly number[];
  readonly whole: readonly number[];
  readonly blas: readonly number[] | null;
  readonly prototype: readonly number[] | null;
}

export interface GemmAnswer {
  /** Of one thread's loop of fused multiply-adds, the best of several looks between the shapes. */
  readonly peak: number;
  readonly kernels: string;
  readonly openblas: { readonly path: string; readonly config: string; readonly core: string } | null;
  readonly absent: string | null;
  readonly shapes: readonly ShapeRates[];
}

export interface GemmRequest {
  readonly budgetMs: number;
  readonly prototype: string | null;
}

/** Small products are repeated until they take so long: the clock and the call of a foreign function cost less than 1 %. */
const STRETCH_MS = 0.4;
const MOST_REPETITIONS = 400;

/** Times every shape in one process on one thread, all ways in turn, call by call. */
export async function measureProducts({ budgetMs, prototype: source }: GemmRequest): Promise<GemmAnswer> {
  const selection = loadKernels();
  const memory = createOperands();
  const kernels = instantiateKernels(selection, memory);
  const blas = await loadOpenBlas();
  const openblas = 'absent' in blas ? null : blas;
  const prototype = source === null ? null : await compilePrototype(source, PLACES);
  let peak = measurePeak(selection);
  const shapes = SHAPES.map((shape): ShapeRates => {
    const products = productsOf(shape, memory, kernels, openblas, prototype);
    checkAgreement(shape, memory, products);
    const rates = measureShape(2 * shape.m * shape.n * shape.k, products, budgetMs);
    peak = Math.max(peak, measurePeak(selection));
    return { name: shapeName(shape), packedInStep: shape.packedInStep, ...rates };
  });
  return {
    peak,
    kernels: describeKernels(selection),
    openblas: openblas && { path: openblas.path, config: openblas.config, core: openblas.core },
    absent: 'absent' in blas ? blas.absent : null,
    shapes,
  };
}

function measureShape(
  operations: number,
  { pack, packed, whole, blas, prototype }: Products,
  budgetMs: number,
): Pick<ShapeRates, 'packed' | 'whole' | 'blas' | 'prototype'> {
  const seconds = (call: () => void, calls: number): number => {
    const begin = performance.now();
    for (let i = 0; i < calls; i++) call();
    return (performance.now() - begin) / 1e3;
  };
  seconds(whole, 3);
  const calls = Math.max(1, Math.ceil(STRETCH_MS / 1e3 / seconds(whole, 1)));
  const rates = { packed: [] as number[], whole: [] as number[], blas: [] as number[], prototype: [] as number[] };
  const note = (list: number[], call: (() => void) | null): void => {
    if (call !== null) list.push((operations * calls) / seconds(call, calls) / 1e9);
  };
  const end = performance.now() + budgetMs;
  do {
    // OpenBLAS between the two ways of ours, next to both. The first repetition warms up.
    pack();
    note(rates.packed, packed);
    note(rates.blas, blas);
    note(rates.whole, whole);
    note(rates.prototype, prototype);
  } while (rates.whole.length < 4 || (performance.now() < end && rates.whole.length < MOST_REPETITIONS));
  const warm = (list: readonly number[]): number[] => list.slice(1);
  return {
    packed: warm(rates.packed),
    whole: warm(rates.whole),
    blas: blas && warm(rates.blas),
    prototype: prototype && warm(rates.prototype),
  };
}

/** Of rates, the best is the largest: `min` holds the rate of the shortest time. */
export function rateSpread(rates: readonly number[]): Spread {
  return { min: Math.max(...rates), median: spread(rates).median };
}

if (import.meta.main) {
  console.log(JSON.stringify(await measureProducts(JSON.parse(process.argv[2]) as GemmRequest)));
}
