/** Arrow files of the same columns, as what is to be read of them. */
import { LockstepError } from '@lockstep/core/source';
import { DiskFile } from '../../format/diskFile.ts';
import { place } from '../../format/errors.ts';
import { loadDecoders } from '../../format/metadata.ts';
import type { ArrowField, Decoders } from '../../format/metadata.ts';
import { readMetadata } from '../../format/stream.ts';
import type { SelectedColumn } from '../../layout/columns.ts';
import { readDictionaries } from '../../layout/dictionaries.ts';
import type { DictionaryVersion } from '../../layout/dictionaries.ts';
import { readBatches } from '../../layout/partBatches.ts';
import type { PartBatch } from '../../layout/partBatches.ts';
import { storedType } from '../../layout/storedTypes.ts';
import { isNumberKind, isTextKind } from '../../layout/types.ts';
import type { NumberKind, StoredKind } from '../../layout/types.ts';
import type { ColumnRequest } from '../../layout/request.ts';
import { requireSameSchema } from '../../layout/schema.ts';
import { requireColumns } from '../columnChoice.ts';
import type { ColumnChoice } from '../columnChoice.ts';
import type { TableColumn } from '../table/columns.ts';
import { Vocabulary } from '../vocabulary.ts';

export interface ArrowInput {
  readonly file: DiskFile;
  readonly columns: readonly SelectedColumn[];
  readonly batches: readonly PartBatch[];
  readonly dictionaries: readonly DictionaryVersion[];
}

export interface OpenArrow {
  readonly files: readonly ArrowInput[];
  readonly columns: readonly TableColumn[];
  /** Of each column that is a category; its texts are those of the files, in the order of the rows. */
  readonly vocabularies: readonly (Vocabulary | null)[];
  readonly rows: number;
  readonly bytes: number;
}

/** Opens the files for `use`, and closes them. Errors: as `readBatches`, COLUMN_MISSING, COLUMN_TYPE. */
export async function withArrow<T>(
  paths: readonly string[],
  choice: ColumnChoice,
  use: (open: OpenArrow) => Promise<T>,
): Promise<T> {
  const decoders = await loadDecoders();
  const opened: DiskFile[] = [];
  try {
    const listWidths = new Map<string, number>();
    const files: ArrowInput[] = [];
    let first: readonly ArrowField[] | undefined;
    for (const path of paths) {
      const file = DiskFile.open(path);
      opened.push(file);
      const { input, fields } = await openInput(file, choice, listWidths, decoders);
      first ??= fields;
      requireSameSchema(path, summarize(fields), paths[0], summarize(first));
      files.push(input);
    }
    const columns = files[0].columns.map((column) => tableColumn(paths[0], column, first!, listWidths, choice));
    const rows = files.reduce((sum, { batches }) => sum + batches.reduce((all, batch) => all + batch.rows, 0), 0);
    const bytes = opened.reduce((sum, { size }) => sum + size, 0);
    const vocabularies = columns.map(({ vocabulary }) => vocabulary);
    return await use({ files, columns: columns.map(({ column }) => column), vocabularies, rows, bytes });
  } finally {
    for (const file of opened) file.close();
  }
}

async function openInput(
  file: DiskFile,
  choice: ColumnChoice,
  listWidths: Map<string, number>,
  decoders: Decoders,
): Promise<{ input: ArrowInput; fields: readonly ArrowField[] }> {
  const metadata = readMetadata(file, decoders);
  requireColumns(
    file.name,
    metadata.fields.map(({ name }) => name),
    choice,
  );
  const fields = metadata.fields.filter(({ name }) => choice.isWanted(name));
  const columns = fields.map((field) => selected(file.name, field));
  const dictionaries = readDictionaries(file, metadata, decoders, columns);
  const request = { refusesNulls: false, listWidths };
  const batches = await readBatches(file, 0, metadata, columns, dictionaries, request, decoders);
  return { input: { file, columns, batches, dictionaries }, fields };
}

function selected(file: string, { name, type, typeName }: ArrowField): SelectedColumn {
  const stored = storedType(type);
  const isCategory = stored?.dictionary !== undefined;
  const isUsable = isCategory ? isTextKind(stored.valueKind) : stored !== undefined && isStored(stored.kind);
  if (isUsable) {
    const request: ColumnRequest = {
      ...{ name, option: '', scale: 1, nanIsNull: false },
      ...{ role: 'label', encode: 'number', vocabulary: 'firstAppearance' },
    };
    const reading = { isCategory, nanIsNull: false };
    return { name, ...stored!, request, reading, encode: 'number', isInteger: true, isTexts: isCategory };
  }
  throw new LockstepError('COLUMN_TYPE', {
    place: place(file, `column ${JSON.stringify(name)}`),
    expected: 'numbers, truth values, dates, times, lists of numbers, or a dictionary of texts',
    received: typeName,
    advice:
      "Write texts as a dictionary and members of structs as columns of their own, or leave it out (type 'skip').",
  });
}

function isStored(kind: StoredKind): kind is NumberKind | 'bool' {
  return kind === 'bool' || isNumberKind(kind);
}

function tableColumn(
  file: string,
  { name, kind, width: own, dictionary }: SelectedColumn,
  fields: readonly ArrowField[],
  listWidths: ReadonlyMap<string, number>,
  choice: ColumnChoice,
): { column: TableColumn; vocabulary: Vocabulary | null } {
  const texts = choice.textsOf(name);
  const where = place(file, `column ${JSON.stringify(name)}`);
  if (dictionary !== undefined) {
    const vocabulary = new Vocabulary(texts);
    return { column: { name, type: 'category', perRow: 1, categories: vocabulary.texts }, vocabulary };
  }
  const { typeName } = fields.find((field) => field.name === name)!;
  if (texts !== null) {
    const expected = 'a dictionary of texts, as the option lists texts for it';
    const advice = 'Leave the list out: integers can be classes as they are.';
    throw new LockstepError('COLUMN_TYPE', { place: where, expected, received: typeName, advice });
  }
  const width = listWidths.get(name) ?? own;
  if (width === 0) {
    const advice = "Nothing says how long its lists are: leave it out (type 'skip').";
    const details = { place: where, expected: 'a list of at least one number', received: 'no row', advice };
    throw new LockstepError('INVALID_DATA', details);
  }
  const meaning = /^(Date|Time|Timestamp|Duration)/.test(typeName) ? { meaning: typeName } : {};
  return {
    column: { name, type: kind as NumberKind | 'bool', perRow: width, categories: null, ...meaning },
    vocabulary: null,
  };
}

function summarize(fields: readonly ArrowField[]): { name: string; type: string }[] {
  return fields.map(({ name, typeName }) => ({ name, type: typeName }));
}
