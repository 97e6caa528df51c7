import { resolve } from 'node:path';
import { type Dataset, LockstepError } from '@lockstep/core/source';
import { arrowDataset } from './arrowDataset.ts';
import { checkShardBytes } from './convert/convertCsv.ts';
import { invalid, requireKnown } from './convert/csv/options.ts';
import type { BlockColumn, TableBlock, TableColumn, TableSource } from './convert/table/columns.ts';
import { readTableIndex, type TableIndex } from './convert/table/tableIndex.ts';
import { writeTable } from './convert/table/writeTable.ts';
import { describeTable } from './describeTable.ts';

export interface CacheDatasetOptions {
  /** Size of a file, about; default 256. */
  readonly shardMebibytes?: number;
  /** Told how many of the rows have been read and written, now and then. Not called where they are there already. */
  readonly onProgress?: (done: number, rows: number) => void;
}

/** What the index of a cache has for its format; its `file` is the fingerprint of the dataset. */
const FORMAT = 'dataset';

/**
 * A dataset over a folder of Arrow files with the rows of another, which is read once, in its order (epoch 0), on the calling
 * thread, and written as float32 (labels that are integers as int32), with statistics and checksums; the folder appears when it is
 * whole. Where it is there already, made of a dataset of the same fingerprint, nothing is read or written. The fingerprint of a
 * generator says nothing of its rows: give it another `version` when they change.
 *
 * Errors: INVALID_OPTION, FILE_NOT_WRITTEN where something else is in the folder, FILE_INVALID where the folder is damaged, and what
 * the data source throws.
 */
export async function cacheDataset(
  dataset: Dataset,
  folder: string,
  options: CacheDatasetOptions = {},
): Promise<Dataset> {
  requireKnown(options, ['shardMebibytes', 'onProgress'], 'cacheDataset');
  if (typeof folder !== 'string' || folder === '') throw invalid('cacheDataset.folder', 'the path of a folder', folder);
  if (typeof dataset !== 'object' || dataset === null || !('source' in dataset && 'chunkRows' in dataset)) {
    throw invalid('cacheDataset.dataset', 'a dataset', dataset);
  }
  const shardBytes = checkShardBytes(options, 'cacheDataset');
  const path = resolve(folder);
  const { fingerprint, featureShape, label } = dataset;
  const index = indexOf(path);
  if (index === null) {
    await writeTable(path, tableOf(dataset, options.onProgress), {
      shardBytes,
      source: { format: FORMAT, file: fingerprint },
      skipped: () => ({ rows: 0, first: [] }),
    });
  } else {
    requireSame(path, index, fingerprint);
    await describeTable(path);
  }
  const cached = await arrowDataset(path, {
    features: ['features'],
    label: 'label',
    sampleWeight: 'weight',
  });
  return { ...cached, featureShape, label };
}

/** What is in the folder; null where no table is. */
function indexOf(path: string): TableIndex | null {
  try {
    return readTableIndex(path);
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'FILE_NOT_FOUND') return null;
    throw error;
  }
}

function requireSame(path: string, { source }: TableIndex, fingerprint: string): void {
  if (source.format === FORMAT && source.file === fingerprint) return;
  throw new LockstepError('FILE_NOT_WRITTEN', {
    place: path,
    expected: `nothing yet, or the rows of the dataset ${fingerprint}`,
    received: source.format === FORMAT ? `those of ${source.file}` : `a table made from ${source.file}`,
    advice: 'The data or how it is read has changed: remove the folder, or give another one.',
  });
}

function tableOf(dataset: Dataset, onProgress: CacheDatasetOptions['onProgress']): TableSource {
  const { featureShape, label, rows: all } = dataset;
  const column = (name: string, type: 'float32' | 'int32', perRow: number): TableColumn => {
    return { name, type, perRow, categories: null };
  };
  const width = featureShape.reduce((product, size) => product * size, 1);
  return {
    columns: [
      column('features', 'float32', width),
      column('label', label.integer ? 'int32' : 'float32', label.width),
      column('weight', 'float32', 1),
    ],
    async *blocks(): AsyncGenerator<TableBlock> {
      // All of core, which a program that only converts does without.
      const { readInOrder } = await import('@lockstep/core');
      for await (const { first, rows, batch } of readInOrder(dataset)) {
        const labels = batch.labelKind === 'classIndex' ? batch.classLabels : batch.valueLabels;
        const columns: BlockColumn[] = [
          batch.features,
          label.integer ? Int32Array.from(labels) : labels,
          batch.sampleWeights,
        ].map((values) => ({ values, nulls: null }));
        yield { rows, columns, lines: null };
        onProgress?.(first + rows, all);
      }
    },
  };
}
