import { checkBatch, compressionName } from './layout/batch.ts';
import { numericType } from './layout/columns.ts';
import type { NumberKind } from './layout/types.ts';
import { DiskFile } from './format/diskFile.ts';
import { place } from './format/errors.ts';
import { loadDecoders, readBatchHeader, readMetadata } from './format/metadata.ts';

export interface ArrowColumnDescription {
  readonly name: string;
  /** As apache-arrow prints it, e.g. `FixedSizeList[784]<Uint8>`. */
  readonly type: string;
  readonly nullable: boolean;
  /** Nulls of whole rows, as the record batches count them; nulls inside lists are not in it. */
  readonly nullCount: number;
  /** What `arrowDataset` would read: numbers per row and their kind; null when it cannot use the column. */
  readonly numbers: { readonly kind: NumberKind; readonly perRow: number } | null;
}

export interface ArrowFileDescription {
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
  readonly recordBatches: number;
  /** `none`, `LZ4` or `ZSTD`; only `none` can be trained on. */
  readonly compression: string;
  readonly columns: readonly ArrowColumnDescription[];
}

/** What an Arrow IPC file holds, from its metadata alone. Errors: FILE_NOT_FOUND, FILE_INVALID. */
export async function describeArrowFile(path: string): Promise<ArrowFileDescription> {
  const decoders = await loadDecoders();
  const file = DiskFile.open(path, path);
  try {
    const { fields, blocks, version } = readMetadata(file, decoders);
    const nullCounts = fields.map(() => 0);
    let rows = 0;
    let compression = 'none';
    blocks.forEach((block, number) => {
      const where = place(path, `record batch ${number}`);
      const header = readBatchHeader(file, decoders, block, where);
      const { columns } = checkBatch(where, fields, header, block, version);
      columns.forEach(({ node }, i) => (nullCounts[i] += header.nodes[node].nullCount));
      rows += header.length;
      if (header.compression !== null) compression = compressionName(header);
    });
    const columns = fields.map((field, i) => {
      const numeric = numericType(field.type);
      return {
        name: field.name,
        type: field.typeName,
        nullable: field.nullable,
        nullCount: nullCounts[i],
        numbers: numeric === undefined ? null : { kind: numeric.kind, perRow: numeric.width },
      };
    });
    return { path, bytes: file.stamp.size, rows, recordBatches: blocks.length, compression, columns };
  } finally {
    file.close();
  }
}
