/** From what a user gives for "these data" to a list of files, on disk or in memory, in a fixed order. */
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { LockstepError } from '@lockstep/core/source';
import { expandPath } from './folders.ts';
import { publicName } from './format/http/layout.ts';
import type { HttpSettings } from './format/http/layout.ts';
import type { FileOrigin } from './format/openFile.ts';
import { isRecordBatch, isTable, tableBytes } from './memory/tableBytes.ts';
import type { ArrowRecordBatch, ArrowTable } from './memory/tableBytes.ts';

/**
 * A path of a file or a folder, or a pattern of paths; an address (http or https); a table in memory, or its record batches; the
 * bytes of an IPC file or stream.
 */
export type ArrowInput =
  | string
  | URL
  | ArrowTable
  | ArrowRecordBatch
  | readonly ArrowRecordBatch[]
  | Uint8Array
  | ArrayBufferLike;

/** INVALID_OPTION, FILE_NOT_FOUND for a pattern without a match, FILE_INVALID for a table that cannot be written. */
export async function originsOf(
  input: ArrowInput | readonly ArrowInput[],
  settings: HttpSettings,
): Promise<FileOrigin[]> {
  const isList = Array.isArray(input) && !isBatches(input);
  const given: readonly unknown[] = isList ? input : [input];
  if (given.length === 0) throw invalid('arrowDataset.files', 'an array of 0');
  const origins: FileOrigin[] = [];
  for (const [index, entry] of given.entries()) {
    const found = await originsOfEntry(entry, index, settings);
    if (found === undefined) {
      throw invalid(isList ? `arrowDataset.files[${index}]` : 'arrowDataset.files', describe(entry));
    }
    origins.push(...found);
  }
  const seen = new Set<string>();
  for (const origin of origins) {
    const { name } = origin;
    const identity = identityOf(origin);
    if (seen.has(identity)) throw invalid('arrowDataset.files', `${name} more than once`, 'every file once');
    seen.add(identity);
  }
  return origins;
}

async function originsOfEntry(
  entry: unknown,
  index: number,
  settings: HttpSettings,
): Promise<FileOrigin[] | undefined> {
  if (entry instanceof URL || (typeof entry === 'string' && /^https?:\/\//i.test(entry))) {
    return originOfAddress(entry, settings);
  }
  if (typeof entry === 'string' && entry !== '') {
    return expandPath(entry);
  }
  if (types.isUint8Array(entry)) return [{ kind: 'memory', name: `bytes ${index}`, content: shared(entry) }];
  if (types.isAnyArrayBuffer(entry)) {
    return [{ kind: 'memory', name: `bytes ${index}`, content: shared(new Uint8Array(entry)) }];
  }
  const name = `table ${index}`;
  if (isTable(entry)) {
    const batches = entry.batches.filter(isRecordBatch);
    if (batches.length < entry.batches.length || batches.length === 0) return undefined;
    return [{ kind: 'memory', name, content: await tableBytes(name, batches) }];
  }
  if (isRecordBatch(entry)) return [{ kind: 'memory', name, content: await tableBytes(name, [entry]) }];
  if (isBatches(entry)) return [{ kind: 'memory', name, content: await tableBytes(name, entry) }];
  return undefined;
}

/** undefined for one of another kind, or that cannot be. */
function originOfAddress(address: URL | string, settings: HttpSettings): FileOrigin[] | undefined {
  if (!URL.canParse(String(address))) return undefined;
  const url = new URL(address);
  url.hash = '';
  if (url.protocol === 'file:') return expandPath(fileURLToPath(url));
  if (!/^https?:$/.test(url.protocol)) return undefined;
  return [{ kind: 'http', name: publicName(url), url: url.href, settings }];
}

function identityOf(origin: FileOrigin): string {
  if (origin.kind === 'http') return origin.url;
  return origin.kind === 'disk' ? origin.path : origin.name;
}

function isBatches(value: unknown): value is readonly ArrowRecordBatch[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRecordBatch);
}

/** The bytes where threads can look at them: as they are if they lie in shared memory, or else copied there. */
function shared(bytes: Uint8Array): Uint8Array {
  if (types.isSharedArrayBuffer(bytes.buffer)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

function describe(value: unknown): string {
  // An address may have a password.
  if (value instanceof URL || (typeof value === 'string' && /^https?:/i.test(value)))
    return 'an address that cannot be';
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return `an object of class ${value.constructor?.name ?? 'Object'}`;
  }
  return Array.isArray(value) ? `an array of ${value.length}` : (JSON.stringify(value) ?? typeof value);
}

function invalid(
  place: string,
  received: string,
  expected = 'a path, a folder, a pattern, an http(s) address, a Table of apache-arrow, its record batches, IPC bytes, or an array of them',
): LockstepError {
  return new LockstepError('INVALID_OPTION', {
    ...{ place, expected, received },
    advice: "For example 'data/train-*.arrow'.",
  });
}
