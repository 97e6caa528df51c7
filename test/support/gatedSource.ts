import type { BatchSource, Dataset } from '@lockstep/core';

const ROWS = 40;
const WIDTH = 6;

/** In shared memory: ahead until the source has come to the row, held there until the test opens it. */
const GATE = { ahead: 0, held: 1, open: 2 } as const;

interface GatedOptions {
  readonly gate: Int32Array;
  readonly row: number;
}

/** A dataset whose source waits, the first time that it comes to a row, until `open` lets it go on. For a loader's thread. */
export function gatedDataset(row: number): { dataset: Dataset; open: () => void } {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const options: GatedOptions = { gate, row };
  const dataset: Dataset = {
    ...{ rows: ROWS, featureShape: [WIDTH], label: { width: 1, integer: true }, fingerprint: 'gated' },
    ...{ chunkRows: [ROWS], windowBytesPerRow: 4 * WIDTH },
    source: { module: import.meta.url, options },
  };
  return {
    dataset,
    open() {
      Atomics.store(gate, 0, GATE.open);
      Atomics.notify(gate, 0);
    },
  };
}

export function openSource({ gate, row: gatedRow }: GatedOptions): BatchSource {
  return {
    loadWindow: () => undefined,
    copyRows(batch, at, rows, from, count) {
      for (let i = 0; i < count; i++) {
        const row = rows[from + i];
        if (row === gatedRow && Atomics.compareExchange(gate, 0, GATE.ahead, GATE.held) === GATE.ahead) {
          Atomics.wait(gate, 0, GATE.held);
        }
        for (let j = 0; j < WIDTH; j++) batch.features[(at + i) * WIDTH + j] = Math.sin(row * WIDTH + j);
        batch.classLabels[at + i] = row % 3;
        batch.sampleWeights[at + i] = 1;
      }
    },
    describeRow: (row) => `gated table, row ${row}`,
    close() {},
  };
}
