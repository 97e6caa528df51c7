/**
 * A dataset that is not in Lockstep: waves of three forms, computed where a file or a database would be read. The description is
 * made in the program, the source is opened by the loader's thread, which imports this module. docs/datasets.md goes through it.
 */
import { createHash } from 'node:crypto';
import { type BatchSource, type Dataset, philox4x32 } from '@lockstep/core/source';

const SAMPLES = 32;
const CHUNK_ROWS = 512;

interface WavesOptions {
  readonly rows: number;
  readonly seed: number;
}

export function wavesDataset({ rows, seed }: WavesOptions): Dataset {
  const chunks = Math.ceil(rows / CHUNK_ROWS);
  return {
    rows,
    featureShape: [SAMPLES],
    label: { width: 1, integer: true },
    chunkRows: Array.from({ length: chunks }, (_, chunk) => Math.min(CHUNK_ROWS, rows - chunk * CHUNK_ROWS)),
    windowBytesPerRow: 4 * (SAMPLES + 1),
    fingerprint: createHash('sha256').update(`waves 1 ${rows} ${seed}`).digest('hex'),
    source: { module: import.meta.url, options: { rows, seed } satisfies WavesOptions },
  };
}

export function openSource({ rows: all, seed }: WavesOptions): BatchSource {
  /** Numbers of the window's rows, their features and their labels. */
  let numbers: number[] = [];
  let features = new Float32Array(0);
  let labels = new Int32Array(0);
  return {
    loadWindow(chunks) {
      numbers = chunks.flatMap((chunk) => {
        const first = chunk * CHUNK_ROWS;
        return Array.from({ length: Math.min(CHUNK_ROWS, all - first) }, (_, i) => first + i);
      });
      features = new Float32Array(numbers.length * SAMPLES);
      labels = new Int32Array(numbers.length);
      for (const [i, number] of numbers.entries()) {
        labels[i] = writeWave(features.subarray(i * SAMPLES, (i + 1) * SAMPLES), number, seed);
      }
    },
    copyRows(batch, at, rows, from, count) {
      for (let i = 0; i < count; i++) {
        const row = rows[from + i];
        for (let j = 0; j < SAMPLES; j++) batch.features[(at + i) * SAMPLES + j] = features[row * SAMPLES + j];
        if (batch.labelKind === 'classIndex') batch.classLabels[at + i] = labels[row];
        else batch.valueLabels[at + i] = labels[row];
        batch.sampleWeights[at + i] = 1;
      }
    },
    describeRow: (row) => `wave ${numbers[row]}`,
    close() {},
  };
}

/** Writes a wave of some form, period and phase, with noise, and returns its form: triangle, square or sawtooth. */
function writeWave(samples: Float32Array, row: number, seed: number): number {
  const words = new Uint32Array(4);
  philox4x32(words, 0, row, 0, 0, seed, 0);
  const form = words[0] % 3;
  const period = 8 + (words[1] % 17);
  const phase = words[2] % period;
  for (let i = 0; i < samples.length; i++) {
    if (i % 4 === 0) philox4x32(words, 1 + i / 4, row, 0, 0, seed, 0);
    const noise = words[i % 4] / 2 ** 32 - 0.5;
    // Where in its period the wave is, from 0 to 1.
    const at = ((i + phase) % period) / period;
    const wave = [4 * Math.abs(at - 0.5) - 1, at < 0.5 ? -1 : 1, 2 * at - 1][form];
    samples[i] = wave + noise;
  }
  return form;
}
