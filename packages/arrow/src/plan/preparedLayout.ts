/** The layout of columns that have to be prepared, after a scan of those that decide something. */
import { OpenFiles } from '../source/openFiles.ts';
import { chunksOf } from '../layout/chunks.ts';
import type { FilePart } from '../layout/parts.ts';
import { isSet } from '../layout/preparedTypes.ts';
import type { Lookup, PreparedBatch, PreparedChunk, PreparedLayout, StoredLayout } from '../layout/preparedTypes.ts';
import { makeRecipes } from './recipes.ts';
import type { ColumnUse } from './recipes.ts';
import type { SelectedColumn } from '../layout/columns.ts';
import { isUsed } from '../layout/request.ts';
import type { Category, DatasetRequest } from '../layout/request.ts';
import { Codebook } from '../source/codebook.ts';
import { interpretDictionary } from '../source/interpret.ts';
import { ScanCodes } from './scanCodes.ts';
import { scanOnce } from './keptScan.ts';
import type { RowCounts } from './files.ts';
import { rowBytesIn } from '../layout/rowBytesIn.ts';

export interface PlannedPreparation {
  readonly layout: PreparedLayout;
  readonly uses: readonly ColumnUse[];
  readonly counts: Readonly<RowCounts>;
  readonly windowBytesPerRow: number;
  /** Where the scan is kept, if it is. */
  readonly scanFile?: string;
}

export async function preparedLayout(parts: readonly FilePart[], request: DatasetRequest): Promise<PlannedPreparation> {
  const { columns: selected } = parts[0];
  const values: (readonly Category[])[] = [];
  // A dictionary may serve several columns, each of which numbers its values by a vocabulary of its own; and several files: the texts
  // of a folder's index are those of all its parts.
  const numbers = selected.map(() => new Map<readonly Category[], number>());
  const batches = parts.flatMap((part) => {
    const numberOf = (column: number, dictionary: number): number => {
      const own = part.dictionaries[dictionary].values;
      const known = numbers[column].get(own) ?? values.push(own) - 1;
      numbers[column].set(own, known);
      return known;
    };
    return part.batches
      .filter(({ rows }) => rows > 0)
      .map((batch): PreparedBatch => ({
        ...batch,
        columns: batch.columns.map((column, index) =>
          column.dictionary === undefined ? column : { ...column, dictionary: numberOf(index, column.dictionary) },
        ),
      }));
  });
  const columns = selected.map(({ name, kind, width, reading }) => ({ name, kind, width, reading }));
  const stored: StoredLayout = { files: parts.map(({ file }) => file), columns, batches };

  const open = new OpenFiles(stored.files);
  const codes = new ScanCodes(selected, values, request.filter);
  const files = { layout: stored, open, columns: selected, dictionaries: values, codes };
  const { scanned, file: scanFile } = await scanOnce(files, parts, request).finally(() => open.close());
  const used = selected.filter((column) => isUsed(column.request));
  const { recipes, uses, featureWidth, labelWidth } = makeRecipes(used, scanned);
  const keptBatches = batches.map((batch, i) => {
    const kept = scanned.kept[i];
    return kept === undefined ? batch : { ...batch, kept };
  });
  const hasWeights = recipes.some(({ role }) => role === 'sampleWeight');
  const windowBytesPerRow = 4 * featureWidth + 8 * labelWidth + (hasWeights ? 8 : 0);
  const chunks = cutKept(keptBatches, (batch) => {
    return Math.max(
      windowBytesPerRow,
      used.reduce((sum, _, column) => sum + rowBytesIn(stored, batch, column), 0),
    );
  });
  const dictionaries = lookupsOf(values, keptBatches, used, scanned.vocabularies);
  const vocabularies = used.map(({ dictionary }, column) =>
    dictionary === undefined ? scanned.vocabularies.get(column) : undefined,
  );
  const layout = {
    ...{ ...stored, batches: keptBatches, chunks, recipes, dictionaries, vocabularies, featureWidth, labelWidth },
  };
  const kept = scanFile === undefined ? {} : { scanFile };
  return { layout, uses, counts: scanned.counts, windowBytesPerRow, ...kept };
}

/** As cutIntoChunks, of the rows that are kept. A compressed batch is decompressed as a whole, so it is one chunk. */
function cutKept(batches: readonly PreparedBatch[], bytesPerRow: (batch: number) => number): PreparedChunk[] {
  const chunks: PreparedChunk[] = [];
  batches.forEach(({ rows, kept, codec }, batch) => {
    const most = codec === undefined ? chunksOf(rows, bytesPerRow(batch)) : 1;
    for (let i = 0; i < most; i++) {
      let begin = Math.floor((rows * i) / most);
      let end = Math.floor((rows * (i + 1)) / most);
      let count = end - begin;
      if (kept !== undefined) {
        while (begin < end && !isSet(kept, begin)) begin++;
        while (end > begin && !isSet(kept, end - 1)) end--;
        count = 0;
        for (let row = begin; row < end; row++) if (isSet(kept, row)) count++;
      }
      if (count > 0) chunks.push({ batch, firstRow: begin, span: end - begin, rows: count });
    }
  });
  return chunks;
}

/** For each dictionary of a column that becomes numbers, what its values are read as. */
function lookupsOf(
  values: readonly (readonly Category[])[],
  batches: readonly PreparedBatch[],
  columns: readonly SelectedColumn[],
  vocabularies: ReadonlyMap<number, readonly Category[]>,
): Lookup[] {
  const lookups = values.map((): Lookup => NO_LOOKUP);
  columns.forEach(({ dictionary, isTexts, reading }, column) => {
    if (dictionary === undefined) return;
    const vocabulary = vocabularies.get(column);
    const book = vocabulary === undefined ? undefined : new Codebook(vocabulary);
    for (const own of new Set(batches.map((batch) => batch.columns[column].dictionary!))) {
      lookups[own] = interpretDictionary(values[own], isTexts, reading, book);
    }
  });
  return lookups;
}

/** Of a dictionary that serves a filter alone. */
const NO_LOOKUP: Lookup = { numbers: new Float64Array(0), states: new Uint8Array(0) };
