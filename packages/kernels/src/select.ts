import { instantiateKernels } from './instantiate.ts';
import { measureGemm } from './measure.ts';
import { findWrongKernels, fusesMultiplyAdd } from './selfCheck.ts';
import type { KernelSelection, KernelTile } from './selection.ts';
import type { KernelTable } from './table.ts';
import { createTrialMemory, trialPattern } from './trial.ts';
import { ROW_TRIALS } from './rowTrials.ts';
import { OTHER_TRIALS, PRODUCT_TRIALS } from './trials.ts';
import type { SharedMemory, CompiledModule } from './sharedMemory.ts';

/** A way to compile the kernels, to be tried. */
export interface KernelCandidate {
  /** For warnings: "256-bit kernels". */
  name: string;
  revectorized: boolean;
  /** Throws when the engine refuses the module. */
  compile(): CompiledModule;
  /** How long each tile is timed. An engine that optimises code while it runs needs longer. */
  timingMilliseconds: number;
}

const WASM_TILES = ['6x16', '6x8'] as const;

/**
 * Tries the candidates in order and takes the first one whose kernels compute what the reference computes, with the
 * faster of its right tiles. When there is none the reference itself is taken. What failed is told in `warnings`.
 */
export function selectKernels(candidates: readonly KernelCandidate[]): KernelSelection {
  const start = performance.now();
  const warnings: string[] = [];
  const memory = createTrialMemory();

  for (const candidate of candidates) {
    let tables: TileTable[];
    let module: CompiledModule;
    try {
      module = candidate.compile();
      tables = WASM_TILES.map((tile) => ({ tile, kernels: instantiateKernels({ module, tile }, memory) }));
    } catch (error) {
      warnings.push(
        `The ${candidate.name} do not run here (${error instanceof Error ? error.message : String(error)}).`,
      );
      continue;
    }
    const found = tryTables(tables, candidate.timingMilliseconds, memory);
    if (found.wrong.length > 0) warnings.push(wrongResult(candidate.name, found.wrong));
    if (!found.usable) continue;
    const { tile, gflops, fused } = found.usable;
    if (!fused) warnings.push(NOT_FUSED);
    return {
      kind: 'wasm',
      module,
      tile,
      revectorized: candidate.revectorized,
      fusedMultiplyAdd: fused,
      gflops,
      loadMilliseconds: performance.now() - start,
      warnings,
    };
  }

  if (candidates.length > 0) warnings.push(REFERENCE_USED);
  return { ...referenceSelection(), loadMilliseconds: performance.now() - start, warnings };
}

const ENGINE = `Node ${process.version}, V8 ${process.versions.v8}, ${process.arch}`;
const NOT_FUSED =
  'This processor has no fused multiply-add: training works, but its bits differ from those of other machines. ' +
  'Set LOCKSTEP_KERNELS=reference for the same bits, slowly.';
const REFERENCE_USED =
  'The kernels run in plain JavaScript, hundreds of times slower than they should. ' +
  'Use Node 22.18 or newer on x64 or arm64, and report it if you do.';

/** The kernels in plain JavaScript, chosen without a trial. */
export function referenceSelection(): KernelSelection {
  return {
    kind: 'reference',
    module: null,
    tile: 'scalar',
    revectorized: false,
    fusedMultiplyAdd: true,
    gflops: {},
    loadMilliseconds: 0,
    warnings: [],
  };
}

/** The kernels with one of the module's products. */
interface TileTable {
  tile: KernelTile;
  kernels: KernelTable;
}

interface Trying {
  /** What came out wrong: names of kernels, `gemm 6x16` for a tile. */
  wrong: string[];
  usable?: { tile: KernelTile; gflops: KernelSelection['gflops']; fused: boolean };
}

function tryTables(tables: readonly TileTable[], timingMilliseconds: number, memory: SharedMemory): Trying {
  const pattern = trialPattern();
  const fused = tables.every(({ kernels }) => fusesMultiplyAdd(kernels, memory));
  const others = [...OTHER_TRIALS, ...ROW_TRIALS];
  const wrong: string[] = findWrongKernels(tables[0].kernels, memory, pattern, others, fused);
  const brokenOutsideGemm = wrong.length > 0;
  const gflops: KernelSelection['gflops'] = {};
  for (const { tile, kernels } of tables) {
    const wrongProducts = findWrongKernels(kernels, memory, pattern, PRODUCT_TRIALS, fused);
    if (wrongProducts.length > 0) wrong.push(...wrongProducts.map((name) => `${name} ${tile}`));
    else gflops[tile] = measureGemm(kernels, memory, timingMilliseconds);
  }
  const [fastest] = Object.entries(gflops).toSorted(([, x], [, y]) => y - x);
  if (brokenOutsideGemm || !fastest) return { wrong };
  return { wrong, usable: { tile: fastest[0] as KernelTile, gflops, fused } };
}

function wrongResult(name: string, wrong: readonly string[]): string {
  return (
    `The ${name} compute ${wrong.join(', ')} wrongly on ${ENGINE}, so they are not used; training is right, but may ` +
    'be slower. Please report it; another version of Node may be faster.'
  );
}
