/** Trainings over generated data of any size, each in a process of its own whose peak memory is the answer. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { writeArrow } from '@lockstep/arrow';
import { Choices } from './soak.ts';

/** float32 values of a row, and a byte of label. */
export const LARGE_WIDTH = 784;
export const LARGE_BATCH_SIZE = 256;
const ROW_BYTES = LARGE_WIDTH * 4 + 1;
/** Of a record batch: about 4 MiB. */
const BATCH_ROWS = 1328;

/** Writes about so many bytes, a record batch at a time, as fast as the disk takes them; returns the rows. */
export async function writeLargeData(path: string, bytes: number): Promise<number> {
  const rows = Math.max(LARGE_BATCH_SIZE, Math.round(bytes / ROW_BYTES));
  const choices = new Choices(1);
  // Record batches are pieces of one supply of numbers, each from another place, so that they differ and cost nothing.
  const supply = Float32Array.from({ length: 2 * BATCH_ROWS * LARGE_WIDTH }, () => choices.below(256) / 256);
  function* batches(): Generator<[Float32Array, Uint8Array]> {
    for (let begin = 0; begin < rows; begin += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, rows - begin);
      const from = choices.below(BATCH_ROWS * LARGE_WIDTH);
      const labels = Uint8Array.from({ length: count }, (_, i) => (begin + i) % 10);
      yield [supply.slice(from, from + count * LARGE_WIDTH), labels];
    }
  }
  const columns = [
    { name: 'pixels', kind: 'float32', listSize: LARGE_WIDTH },
    { name: 'label', kind: 'uint8' },
  ] as const;
  return writeArrow(path, columns, batches());
}

export interface LargeRun {
  readonly path: string;
  readonly workers: number;
  /** Left out: the default. */
  readonly windowBytes?: number;
  /** Of checkpoints, which a run that stops leaves and one that resumes takes. */
  readonly directory?: string;
  /** One where it is left out. */
  readonly epochs?: number;
  /** Where the run stops; at the end of its epochs where it is left out. */
  readonly maxSteps?: number;
  readonly resume?: boolean;
}

export interface LargeResult {
  readonly steps: number;
  /** From the call of arrowDataset to the dataset. */
  readonly openSeconds: number;
  /** From the call of fit to the end of its first step, and of the run. */
  readonly firstStepSeconds: number | null;
  readonly seconds: number;
  readonly peakBytes: number;
  readonly weightsHash: string;
}

export async function runLarge(run: LargeRun): Promise<LargeResult> {
  const program = fileURLToPath(new URL('largeDataProgram.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=lockstep-source', program, JSON.stringify(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${JSON.stringify(run)} ended with ${String(code)}`);
  return JSON.parse(text) as LargeResult;
}
