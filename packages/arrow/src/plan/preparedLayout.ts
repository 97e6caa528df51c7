/** The layout of columns that have to be prepared, after a scan of those that decide something. */
import { OpenFiles } from '../source/openFiles.ts';
import { StoredReader } from '../source/storedReader.ts';
import { chunksOf } from '../layout/chunks.ts';
import type { FilePart } from '../layout/parts.ts';
import { isSet } from '../layout/preparedTypes.ts';
import type { PreparedBatch, PreparedChunk, PreparedLayout, StoredLayout } from '../layout/preparedTypes.ts';
import { makeRecipes } from './recipes.ts';
import type { ColumnUse } from './recipes.ts';
import type { DatasetRequest } from '../layout/request.ts';
import { scan } from './scan.ts';
import type { RowCounts } from './select.ts';
import { bytesOf } from '../layout/storedBytes.ts';

export interface PlannedPreparation {
  readonly layout: PreparedLayout;
  readonly uses: readonly ColumnUse[];
  readonly counts: Readonly<RowCounts>;
  readonly windowBytesPerRow: number;
}

export async function preparedLayout(parts: readonly FilePart[], request: DatasetRequest): Promise<PlannedPreparation> {
  const { columns: selected } = parts[0];
  const texts: (readonly string[])[] = [];
  const batches = parts.flatMap((part) => {
    // A dictionary may serve several columns, each of which numbers its texts by a vocabulary of its own.
    const numbers = new Map<string, number>();
    const numberOf = (column: number, dictionary: number): number => {
      const key = `${column} ${dictionary}`;
      if (!numbers.has(key)) numbers.set(key, texts.push(part.dictionaries[dictionary].texts) - 1);
      return numbers.get(key)!;
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
  const columns = selected.map(({ name, kind, width }) => ({ name, kind, width }));
  const stored: StoredLayout = { files: parts.map(({ file }) => file), columns, batches };

  const open = new OpenFiles(stored.files);
  const files = { layout: stored, open, columns: selected, dictionaries: texts };
  const scanned = await scan(files, request, new StoredReader(stored)).finally(() => open.close());
  const used = selected.filter((column) => column.request.role !== 'filter');
  const { recipes, uses, featureWidth, labelWidth } = makeRecipes(used, scanned);
  const keptBatches = batches.map((batch, i) => {
    const kept = scanned.kept[i];
    return kept === undefined ? batch : { ...batch, kept };
  });
  const hasWeights = recipes.some(({ role }) => role === 'sampleWeight');
  const windowBytesPerRow = 4 * featureWidth + 8 * labelWidth + (hasWeights ? 8 : 0);
  const storedBytes = used.reduce((sum, { kind, width }) => sum + bytesOf(kind, width), 0);
  const chunks = cutKept(keptBatches, Math.max(storedBytes, windowBytesPerRow));
  const dictionaries = codesOf(texts, keptBatches, recipes.length, scanned.vocabularies);
  const layout = { ...stored, batches: keptBatches, chunks, recipes, dictionaries, featureWidth, labelWidth };
  return { layout, uses, counts: scanned.counts, windowBytesPerRow };
}

/** As cutIntoChunks, of the rows that are kept. A compressed batch is decompressed as a whole, so it is one chunk. */
function cutKept(batches: readonly PreparedBatch[], bytesPerRow: number): PreparedChunk[] {
  const chunks: PreparedChunk[] = [];
  batches.forEach(({ rows, kept, codec }, batch) => {
    const most = codec === undefined ? chunksOf(rows, bytesPerRow) : 1;
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

/** For each dictionary of a column, the numbers that its texts have in the column's vocabulary. */
function codesOf(
  texts: readonly (readonly string[])[],
  batches: readonly PreparedBatch[],
  columns: number,
  vocabularies: ReadonlyMap<number, readonly string[]>,
): Int32Array[] {
  const codes = texts.map((own) => new Int32Array(own.length).fill(-1));
  for (let column = 0; column < columns; column++) {
    const vocabulary = vocabularies.get(column);
    if (vocabulary === undefined) continue;
    const numbers = new Map(vocabulary.map((text, code) => [text, code]));
    const own = new Set(batches.map((batch) => batch.columns[column].dictionary!));
    for (const dictionary of own) {
      texts[dictionary].forEach((text, index) => (codes[dictionary][index] = numbers.get(text) ?? -1));
    }
  }
  return codes;
}
