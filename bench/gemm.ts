import {
  createSharedMemory,
  instantiateKernels,
  type KernelTable,
  loadKernels,
  measurePeak,
  PAGE_BYTES,
  PANEL_WIDTH,
} from '@lockstep/kernels';
import { fillNumbers } from './numbers.ts';
import { compilePrototype, type PrototypeProduct } from './prototype.ts';
import { type Spread, spread } from './statistics.ts';

/** Products of a training step and squares. `transposed`: which operand is stored the other way round. */
const SHAPES = [
  { name: 'forward', m: 128, n: 512, k: 784, transposed: null },
  { name: 'forward', m: 32, n: 512, k: 784, transposed: null },
  { name: 'forward', m: 256, n: 256, k: 512, transposed: null },
  { name: 'output', m: 128, n: 10, k: 256, transposed: null },
  { name: 'dX', m: 128, n: 512, k: 256, transposed: 'B' },
  { name: 'dW', m: 784, n: 512, k: 128, transposed: 'A' },
  { name: 'dW', m: 784, n: 512, k: 32, transposed: 'A' },
  { name: 'dW', m: 512, n: 256, k: 128, transposed: 'A' },
  { name: 'square', m: 256, n: 256, k: 256, transposed: null },
  { name: 'square', m: 512, n: 512, k: 512, transposed: null },
  { name: 'square', m: 1024, n: 1024, k: 1024, transposed: null },
  { name: 'square', m: 2048, n: 2048, k: 2048, transposed: null },
] as const;

type Shape = (typeof SHAPES)[number];

export interface GemmResult {
  readonly name: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** GFLOP/s of the whole product, packing of B included, and with B packed beforehand as in a training step. */
  readonly whole: Spread;
  readonly packed: Spread;
  /** Of the prototype, when one was given. */
  readonly prototype: Spread | null;
  /** Ratios of GFLOP/s: the median of the ratios of neighbouring repetitions. */
  readonly toPrototype: number | null;
  readonly toPeak: number;
}

export interface GemmReport {
  readonly peak: number;
  readonly results: readonly GemmResult[];
}

const MIB = 1 << 20;
const PLACES = { scratch: MIB, a: 16 * MIB, b: 48 * MIB, c: 80 * MIB, panels: 112 * MIB, end: 160 * MIB };

/** Times every shape, ours and the prototype's in turn in one process, one thread. */
export async function benchGemm(options: { repetitions: number; prototype: string | null }): Promise<GemmReport> {
  const selection = loadKernels();
  const memory = createSharedMemory(PLACES.end / PAGE_BYTES);
  const kernels = instantiateKernels(selection, memory);
  const prototype = options.prototype === null ? null : await compilePrototype(options.prototype, PLACES);
  fillNumbers(new Float32Array(memory.buffer, PLACES.a, (PLACES.c - PLACES.a) / 4), 1);
  const peak = Math.max(measurePeak(selection), measurePeak(selection), measurePeak(selection));
  return { peak, results: SHAPES.map((shape) => benchShape(shape, kernels, prototype, options.repetitions, peak)) };
}

function benchShape(
  shape: Shape,
  kernels: KernelTable,
  prototype: PrototypeProduct | null,
  repetitions: number,
  peak: number,
): GemmResult {
  const { name, m, n, k } = shape;
  const a = shape.transposed === 'A' ? { row: 4, column: m * 4 } : { row: k * 4, column: 4 };
  const b = shape.transposed === 'B' ? { row: 4, column: k * 4 } : { row: n * 4, column: 4 };
  const panelStride = k * PANEL_WIDTH * 4;
  const pack = (): void => kernels.packPanels(PLACES.panels, panelStride, PLACES.b, b.row, b.column, k, n);
  const multiply = (): void =>
    kernels.gemm(PLACES.c, n * 4, PLACES.a, a.row, a.column, PLACES.panels, panelStride, m, n, k, 0, PLACES.scratch);
  const whole = (): void => {
    pack();
    multiply();
  };
  const theirs =
    prototype === null
      ? null
      : (): void => prototype(m, n, k, PLACES.a, a.row, a.column, PLACES.b, b.row, b.column, PLACES.c, n * 4);

  const operations = 2 * m * n * k;
  const calls = Math.max(1, Math.round(2e8 / operations));
  const rate = (call: () => void): number => {
    const begin = performance.now();
    for (let i = 0; i < calls; i++) call();
    return (operations * calls) / (performance.now() - begin) / 1e6;
  };
  const rates: { whole: number[]; packed: number[]; prototype: number[] } = { whole: [], packed: [], prototype: [] };
  whole();
  theirs?.();
  for (let repetition = 0; repetition < repetitions; repetition++) {
    rates.whole.push(rate(whole));
    if (theirs !== null) rates.prototype.push(rate(theirs));
    pack();
    rates.packed.push(rate(multiply));
  }
  const ratios = rates.whole.map((value, index) => value / rates.prototype[index]);
  return {
    name,
    m,
    n,
    k,
    whole: fastest(rates.whole),
    packed: fastest(rates.packed),
    prototype: theirs === null ? null : fastest(rates.prototype),
    toPrototype: theirs === null ? null : spread(ratios).median,
    toPeak: Math.max(...rates.packed) / peak,
  };
}

/** Of rates, the best is the largest: `min` holds the rate of the shortest time. */
function fastest(rates: readonly number[]): Spread {
  return { min: Math.max(...rates), median: spread(rates).median };
}

if (import.meta.main) {
  const [repetitions, prototype] = JSON.parse(process.argv[2]) as [number, string | null];
  console.log(JSON.stringify(await benchGemm({ repetitions, prototype })));
}
