/** From paths and column names to a layout: the only part that reads metadata, and a sample of the values. */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { LockstepError } from '@lockstep/core/source';
import { place } from '../format/errors.ts';
import { loadDecoders } from '../format/metadata.ts';
import type { FileOrigin } from '../format/openFile.ts';
import { noRows, readPart } from '../layout/parts.ts';
import type { FilePart } from '../layout/parts.ts';
import { arePlainParts, areWithoutBitmaps, isPlainRequest, isReadInPlace, plainLayout } from '../layout/plainLayout.ts';
import { preparedLayout } from './preparedLayout.ts';
import type { PreparedLayout, Recipe } from '../layout/preparedTypes.ts';
import { makeRecipes } from './recipes.ts';
import type { ColumnUse } from './recipes.ts';
import type { DatasetRequest, SplitRequest } from '../layout/request.ts';
import { windowBytesPerRow } from '../layout/runs.ts';
import { piecesPerFile } from '../layout/sample.ts';
import { requireSameSchema } from '../layout/schema.ts';
import type { RowCounts } from './files.ts';
import { rangeOf } from '../layout/split.ts';
import type { ArrowLayout } from '../layout/types.ts';

interface Planned {
  readonly uses: readonly ColumnUse[];
  /** Rows of the files; the chunks say how many the dataset has. */
  readonly counts: Readonly<RowCounts>;
  readonly labelIsInteger: boolean;
  readonly windowBytesPerRow: number;
  readonly fingerprint: string;
  /** Where what was read of the values is kept, if it is. */
  readonly scanFile?: string;
}

/** `prepared` is the layout where columns have to be prepared, `plain` where all is read in place. */
export type PlannedLayout = Planned &
  ({ readonly plain: ArrowLayout } | { readonly plain?: undefined; readonly prepared: PreparedLayout });

/** Reads the metadata of all files, in the order given, and checks everything that can be checked before training. */
export async function planLayout(origins: readonly FileOrigin[], request: DatasetRequest): Promise<PlannedLayout> {
  const paths = origins.map(({ name }) => name);
  if (request.checksums) requireIndexes(origins);
  const decoders = await loadDecoders();
  const refusesNulls = isPlainRequest(request);
  const listWidths = new Map<string, number>();
  const partRequest = { ...request, refusesNulls, listWidths, pieces: piecesPerFile(origins.length) };
  const parts: FilePart[] = [];
  for (const [index, origin] of origins.entries()) {
    const part = await readPart(origin, index, partRequest, decoders);
    if (index > 0) requireSameSchema(origin.name, part.schema, paths[0], parts[0].schema);
    parts.push(part);
    // Thousands of files would otherwise hold the event loop for seconds.
    await setImmediate();
  }
  // The first files may have had no rows to tell how long their lists are.
  const columns = parts[0].columns.map((column) => ({ ...column, width: listWidths.get(column.name) ?? column.width }));
  parts[0] = { ...parts[0], columns };
  const inFiles = parts.reduce((sum, { batches }) => sum + batches.reduce((rows, batch) => rows + batch.rows, 0), 0);
  if (inFiles === 0) throw noRows(paths, 'none', 'Check the program that wrote the files.');

  const labels = columns.filter((column) => column.request.role === 'label');
  const [label] = labels;
  const isOne = labels.length === 1 && label.width === 1;
  const isWhole = label.reading.isCategory || label.isInteger;
  const isAsItIs = label.request.normalize === undefined && label.request.scale === 1;
  const labelIsInteger = isOne && label.encode !== 'oneHot' && isWhole && isAsItIs;
  return refusesNulls && arePlainParts(parts)
    ? planPlain(parts, paths, request, inFiles, labelIsInteger)
    : planPrepared(parts, paths, request, labelIsInteger);
}

function requireIndexes(origins: readonly FileOrigin[]): void {
  const other = origins.find((origin) => origin.kind !== 'disk' || origin.indexed === undefined);
  if (other === undefined) return;
  throw new LockstepError('INVALID_OPTION', {
    place: 'arrowDataset.checksums',
    expected: 'folders that lockstep convert has written: their index has the checksums',
    received: other.name,
    advice: 'Leave the option out, or convert the data first.',
  });
}

function planPlain(
  parts: readonly FilePart[],
  paths: readonly string[],
  { scale, split }: DatasetRequest,
  inFiles: number,
  labelIsInteger: boolean,
): PlannedLayout {
  const range = split === undefined ? { begin: 0, end: inFiles } : rangeOf(split, inFiles);
  if (range.begin === range.end) throw emptyPart(paths, split!, inFiles);
  const plain = plainLayout(parts, scale, range);
  const { uses } = makeRecipes(parts[0].columns, { ...NOTHING_SCANNED, counts: { inFiles, filtered: 0, skipped: 0 } });
  const { columns } = plain;
  // What this reads was all there is once: its fingerprints stay as they are, so that older runs can be resumed.
  const scales = columns.some((column) => column.scale !== undefined)
    ? { scales: columns.map((c) => c.scale ?? scale) }
    : {};
  const extra = { ...scales, ...(split === undefined ? {} : { range }) };
  return {
    ...{ plain, uses, labelIsInteger, windowBytesPerRow: windowBytesPerRow(columns) },
    counts: { inFiles, filtered: 0, skipped: 0 },
    fingerprint: fingerprintOf({
      version: Object.keys(extra).length === 0 ? 2 : 3,
      ...filesOf(parts),
      ...{ columns: columns.map(({ name, role, kind, width }) => [name, role, kind, width]), scale, ...extra },
    }),
  };
}

async function planPrepared(
  parts: readonly FilePart[],
  paths: readonly string[],
  request: DatasetRequest,
  labelIsInteger: boolean,
): Promise<PlannedLayout> {
  const { layout: prepared, windowBytesPerRow: bytesPerRow, ...planned } = await preparedLayout(parts, request);
  const { uses, counts } = planned;
  const { inFiles, filtered, skipped } = counts;
  if (prepared.chunks.length === 0) {
    const left = inFiles - filtered - skipped;
    if (left > 0) throw emptyPart(paths, request.split!, left);
    const received = `none of ${inFiles}: the filter leaves out ${filtered}, onBadRecord ${skipped}`;
    throw noRows(paths, received, 'Ask for less.');
  }
  if (isReadInPlace(request) && arePlainParts(parts) && areWithoutBitmaps(parts)) {
    return { ...planned, labelIsInteger, ...planNormalized(parts, request, inFiles, prepared.recipes) };
  }
  const kept = createHash('sha256');
  for (const batch of prepared.batches) kept.update(batch.kept ?? 'all');
  const recipes = prepared.recipes.map(({ subtract, factor, fill, ...recipe }) => {
    return { ...recipe, subtract: [...subtract], factor: [...factor], fill: fill === undefined ? null : [...fill] };
  });
  const columns = prepared.columns.map(({ name, kind, width, reading }) => [name, kind, width, reading]);
  const vocabularies = uses.map(({ vocabulary }) => vocabulary ?? null);
  return {
    ...{ ...planned, prepared, labelIsInteger, windowBytesPerRow: bytesPerRow },
    fingerprint: fingerprintOf({
      ...{ version: 4, ...filesOf(parts), columns, recipes, vocabularies, kept: kept.digest('hex') },
    }),
  };
}

/** Numbers that are read in place, and normalised by the threads that gather them. */
function planNormalized(
  parts: readonly FilePart[],
  { scale, split }: DatasetRequest,
  inFiles: number,
  recipes: readonly Recipe[],
): Pick<PlannedLayout, 'windowBytesPerRow' | 'fingerprint'> & { readonly plain: ArrowLayout } {
  const range = split === undefined ? { begin: 0, end: inFiles } : rangeOf(split, inFiles);
  const features = recipes.filter(({ role }) => role === 'feature');
  const terms = features.map(({ subtract, factor }) => ({ subtract: [...subtract], factor: [...factor] }));
  const plain = plainLayout(parts, scale, range, new Map(features.map(({ column }, i) => [column, terms[i]])));
  const columns = plain.columns.map(({ name, role, kind, width }) => [name, role, kind, width]);
  return {
    ...{ plain, windowBytesPerRow: windowBytesPerRow(plain.columns) },
    fingerprint: fingerprintOf({ version: 5, ...filesOf(parts), columns, terms, range }),
  };
}

const NOTHING_SCANNED = { kept: [], statistics: new Map(), vocabularies: new Map() } as const;

function emptyPart(paths: readonly string[], { part }: SplitRequest, total: number): LockstepError {
  return new LockstepError('INVALID_DATA', {
    place: place(paths.join(', '), 'arrowDataset.split'),
    expected: `a row for the part '${part}'`,
    received: `none of ${total}`,
    advice: 'Give it a larger share, or take more data.',
  });
}

function filesOf(parts: readonly FilePart[]): { readonly files: readonly unknown[] } {
  return { files: parts.map(({ bytes, footerHash, sampleHashes }) => [bytes, footerHash, ...sampleHashes]) };
}

/**
 * Names what is read and how. Not the times or the places of the files, so that a copy of the data resumes a run. Of the
 * values it names a sample, as all of them would mean to read everything: files or labels of up to 256 KiB are covered
 * (with up to 16 files), and 64 places of larger ones. So other data of the same shape is noticed, a single changed value
 * perhaps not, unless statistics are taken of its column.
 */
function fingerprintOf(description: object): string {
  return createHash('sha256').update(JSON.stringify(description)).digest('hex');
}
