import { elementCount } from '../model/spec.ts';
import { BatchFiller } from './batchFiller.ts';
import type { BatchViews, Dataset } from './dataset.ts';
import { newBatch } from './newBatch.ts';
import { fileOrder } from './order.ts';

/** Rows that are read at once, at most. */
const BATCH_ROWS = 1024;

/** Rows behind which the event loop gets its turn, and bytes of features, which also are the most that are read at once. */
const BREATH_ROWS = 64 * BATCH_ROWS;
const BREATH_BYTES = 8 * 2 ** 20;

/** Some neighbouring rows of a dataset. */
export interface RowsInOrder {
  /** Number of the first in the dataset. */
  readonly first: number;
  readonly rows: number;
  /** Holds them until the next ones are asked for. Class indices where labels can be some, else values. */
  readonly batch: BatchViews;
}

/**
 * All rows of a dataset once, in its order, read on the calling thread, whose event loop turns in between. Throws what the
 * data source throws. `batchRows`: how many at once, at most.
 */
export async function* readInOrder(dataset: Dataset, batchRows: number = BATCH_ROWS): AsyncGenerator<RowsInOrder> {
  const { rows, featureShape } = dataset;
  const width = elementCount(featureShape);
  const breath = Math.min(BREATH_ROWS, Math.max(1, Math.floor(BREATH_BYTES / (width * 4))));
  const batchSize = Math.min(rows, batchRows, breath);
  const filler = await BatchFiller.open({ dataset, batchSize, order: fileOrder(dataset, batchSize), classes: 0 });
  const batch = newBatch(dataset, batchSize);
  try {
    filler.startEpoch(0);
    for (let first = 0; first < rows;) {
      const filling = filler.fill(batch);
      const filled = typeof filling === 'number' ? filling : await filling;
      yield { first, rows: filled, batch };
      if (Math.floor(first / breath) !== Math.floor((first + filled) / breath)) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      first += filled;
    }
  } finally {
    filler.close();
  }
}
