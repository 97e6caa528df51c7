/** The arrays of an NPZ file, their headers read and compared with one another. */
import { invalidFile } from '../../format/errors.ts';
import { missingColumn } from '../../layout/missingColumn.ts';
import type { ByteStream } from '../byteStream.ts';
import { requireColumns } from '../columnChoice.ts';
import type { ColumnChoice } from '../columnChoice.ts';
import { invalid } from '../csv/options.ts';
import { shorten } from '../csv/scanFile.ts';
import { bytesOfRow } from '../npy/arrays.ts';
import type { NpyArray } from '../npy/arrays.ts';
import { readNpyHeader } from '../npy/header.ts';
import { withArchive } from './archive.ts';
import type { Archive, ArchiveEntry } from './archive.ts';

const SUFFIX = '.npy';

/** Opens the chosen arrays for `use`, and closes them; the array `labels` is the column `label`. Errors as `convertNpz`. */
export async function withNpz<T>(
  path: string,
  choice: ColumnChoice,
  labels: string | undefined,
  use: (arrays: readonly NpyArray[]) => Promise<T>,
): Promise<T> {
  return withArchive(path, async (archive) => {
    const named = archive.entries.map((entry) => ({ entry, name: arrayName(entry) }));
    const names = named.map(({ name }) => name);
    requireColumns(path, names, choice);
    if (labels !== undefined && !names.includes(labels)) {
      throw missingColumn(`${path}, array ${JSON.stringify(labels)}`, labels, names, shorten(names.join(', ')));
    }
    const streams: ByteStream[] = [];
    try {
      const arrays: NpyArray[] = [];
      for (const { entry, name } of named) {
        if (!choice.isWanted(name) && name !== labels) continue;
        const stream = archive.read(entry);
        streams.push(stream);
        const isLabel = name === labels;
        arrays.push(await openArray(archive, entry, isLabel ? 'label' : name, stream, isLabel, arrays[0]));
      }
      const twice = arrays.find(({ name }, i) => arrays.findIndex((other) => other.name === name) !== i);
      if (twice !== undefined) throw invalid('convertNpz.labels', 'every column once', twice.name);
      return await use(arrays);
    } finally {
      await Promise.all(streams.map((stream) => stream.close()));
    }
  });
}

function arrayName({ name }: ArchiveEntry): string {
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name;
}

async function openArray(
  { name: path }: Archive,
  entry: ArchiveEntry,
  name: string,
  stream: ByteStream,
  isLabel: boolean,
  first: NpyArray | undefined,
): Promise<NpyArray> {
  const header = await readNpyHeader(stream);
  const bytes = header.bytes + header.rows * bytesOfRow(header);
  if (bytes !== entry.bytes) {
    const expected = `${bytes} bytes, as the array's header says`;
    throw invalidFile({ place: stream.name, expected, received: String(entry.bytes) });
  }
  const advice = "Leave out what does not belong to the rows (type 'skip').";
  if (first !== undefined && header.rows !== first.header.rows) {
    const expected = `${first.header.rows} rows, as ${JSON.stringify(first.name)} of ${path} has`;
    throw invalidFile({ place: stream.name, expected, received: String(header.rows), advice });
  }
  if (isLabel && header.perRow !== 1) {
    const received = `${header.rows} × ${header.perRow}`;
    throw invalidFile({ place: stream.name, expected: 'labels, one number a row', received, advice });
  }
  return { name, stream, header };
}
