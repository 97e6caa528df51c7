import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '@lockstep/core/files';
import { rowBytes } from '../../layout/types.ts';
import { writeArrow } from '../writeArrow.ts';
import type { ArrowColumn } from '../writeArrow.ts';
import type { Progress } from '../progress.ts';
import type { SkippedRows } from '../skippedRows.ts';
import { batchesOf, batchRowsOf } from './batches.ts';
import type { RecordBatch } from './batches.ts';
import { storedKind } from './columns.ts';
import type { TableColumn, TableSource } from './columns.ts';
import { writeFolder } from './folder.ts';
import { INDEX_NAME, invalidIndex, shardName } from './tableIndex.ts';
import type { Shard, TableIndex } from './tableIndex.ts';
import { StatisticsOf } from './statistics.ts';

export interface WriteTableOptions {
  /** Bytes of values in a shard, about. */
  readonly shardBytes: number;
  /** Told of every record batch. */
  readonly progress?: Progress;
  /** The file that it was made from, without its folder, and its format. */
  readonly source: TableIndex['source'];
  /** Asked when all rows have come. */
  readonly skipped: () => SkippedRows;
}

/**
 * Writes a table as a folder: shards `part-00000.arrow`, … of the same number of rows but the last, and `index.json` with
 * statistics and checksums. In the memory of a few record batches of 4 MiB. The folder appears when it is whole.
 */
export async function writeTable(path: string, source: TableSource, options: WriteTableOptions): Promise<TableIndex> {
  const { columns } = source;
  const statistics = columns.map((column) => new StatisticsOf(column));
  const batchRows = batchRowsOf(columns);
  const bytesPerRow = columns.reduce((sum, { type, perRow }) => {
    return sum + rowBytes({ kind: storedKind(type), width: perRow });
  }, 0);
  const shardBatches = Math.max(1, Math.round(options.shardBytes / bytesPerRow / batchRows));
  return writeFolder(path, async (folder) => {
    const batches = new Ahead(batchesOf(source, batchRows, statistics));
    const shards: Shard[] = [];
    while (shards.length === 0 || (await batches.hasMore())) {
      shards.push(
        await writeShard(
          folder,
          shardName(shards.length),
          columns,
          counted(batches.take(shardBatches), options.progress),
        ),
      );
    }
    const index: TableIndex = {
      format: 'lockstep-table',
      version: 1,
      rows: shards.reduce((sum, { rows }) => sum + rows, 0),
      source: options.source,
      skipped: options.skipped(),
      columns: columns.map(({ name, type, perRow, categories }, i) => {
        return { name, type, perRow, categories, ...statistics[i].result(categories?.length ?? 0) };
      }),
      shards,
    };
    const text = `${JSON.stringify(index, null, 1)}\n`;
    // What could not be read again must not be written.
    const reason = invalidIndex(JSON.parse(text));
    if (reason !== null) throw new Error(`${INDEX_NAME}: ${reason.place}: ${reason.received}`);
    await writeAtomically(join(folder, INDEX_NAME), (file) => file.write(Buffer.from(text)));
    return index;
  });
}

async function* counted(
  batches: AsyncIterable<RecordBatch>,
  progress: Progress | undefined,
): AsyncGenerator<RecordBatch> {
  for await (const batch of batches) {
    yield batch;
    progress?.wrote(batch.rows);
  }
}

async function writeShard(
  folder: string,
  file: string,
  columns: readonly TableColumn[],
  batches: AsyncIterable<RecordBatch>,
): Promise<Shard> {
  const hash = createHash('sha256');
  const path = join(folder, file);
  const arrowColumns: ArrowColumn[] = columns.map(({ name, type, perRow }) => {
    return { name, kind: storedKind(type), nullable: true, ...(perRow > 1 ? { listSize: perRow } : {}) };
  });
  async function* values(): AsyncGenerator<RecordBatch['columns']> {
    for await (const batch of batches) yield batch.columns;
  }
  const rows = await writeArrow(path, arrowColumns, values(), (bytes) => hash.update(bytes));
  return { file, rows, bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}

/** Record batches one ahead, so that it is known whether another shard must begin. */
class Ahead {
  readonly #batches: AsyncGenerator<RecordBatch>;
  #next: Promise<IteratorResult<RecordBatch, unknown>> | null = null;

  constructor(batches: AsyncGenerator<RecordBatch>) {
    this.#batches = batches;
  }

  async hasMore(): Promise<boolean> {
    return (await (this.#next ??= this.#batches.next())).done !== true;
  }

  async *take(count: number): AsyncGenerator<RecordBatch> {
    for (let i = 0; i < count; i++) {
      const { done, value } = await (this.#next ?? this.#batches.next());
      this.#next = null;
      if (done === true) return;
      yield value;
    }
  }
}
