import { checkBatch, compressionName } from './layout/batch.ts';
import { storedType } from './layout/storedTypes.ts';
import { isTextKind } from './layout/types.ts';
import type { StoredKind } from './layout/types.ts';
import { openFile } from './format/openFile.ts';
import { place } from './format/errors.ts';
import type { FileBytes } from './format/arrowFile.ts';
import { loadDecoders, metadataOf, readBatchHeader } from './format/metadata.ts';
import type { Decoders } from './format/metadata.ts';
import { readMetadata } from './format/stream.ts';

export interface ArrowColumnDescription {
  readonly name: string;
  /** As apache-arrow prints it, e.g. `FixedSizeList[784]<Uint8>`. */
  readonly type: string;
  readonly nullable: boolean;
  /** Nulls of whole rows, as the record batches count them; nulls inside lists are not in it. */
  readonly nullCount: number;
  /**
   * What `arrowDataset` would read: numbers per row and their kind; null when it reads no numbers from the column. `perRow` is null for
   * lists whose type gives no length: they can be used if all rows have the same.
   */
  readonly numbers: { readonly kind: StoredKind; readonly perRow: number | null } | null;
  /** Whether it holds texts, by a dictionary or not: classes, or features by `oneHot` or `embeddingIndex`. */
  readonly isTexts: boolean;
}

export interface ArrowFileDescription {
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
  readonly recordBatches: number;
  /** `none`, `LZ4` or `ZSTD`. */
  readonly compression: string;
  readonly columns: readonly ArrowColumnDescription[];
}

/** What an Arrow IPC file holds, from its metadata alone. Errors: FILE_NOT_FOUND, FILE_INVALID. */
export async function describeArrowFile(path: string): Promise<ArrowFileDescription> {
  const decoders = await loadDecoders();
  const file = await openFile({ kind: 'disk', path, name: path });
  try {
    return await file.reading((bytes) => describeBytes(bytes, decoders));
  } finally {
    file.close();
  }
}

function describeBytes(file: FileBytes, decoders: Decoders): ArrowFileDescription {
  const { fields, blocks, version } = readMetadata(file, decoders);
  file.prefetch(metadataOf(blocks));
  const nullCounts = fields.map(() => 0);
  let rows = 0;
  let compression = 'none';
  blocks.forEach((block, number) => {
    const where = place(file.name, `record batch ${number}`);
    const header = readBatchHeader(file, decoders, block, where);
    const { columns } = checkBatch(where, fields, header, block, version);
    columns.forEach(({ node }, i) => (nullCounts[i] += header.nodes[node].nullCount));
    rows += header.length;
    if (header.compression !== null) compression = compressionName(header);
  });
  const columns = fields.map((field, i) => {
    const stored = storedType(field.type);
    const isTexts = stored !== undefined && isTextKind(stored.valueKind);
    const isNumbers = stored !== undefined && !isTexts;
    return {
      name: field.name,
      type: field.typeName,
      nullable: field.nullable,
      nullCount: nullCounts[i],
      numbers: isNumbers ? { kind: stored.valueKind, perRow: stored.width || null } : null,
      isTexts,
    };
  });
  return { path: file.name, bytes: file.size, rows, recordBatches: blocks.length, compression, columns };
}
