import { DiskFile } from '../format/diskFile.ts';
import { readPieces } from './byteStream.ts';

/** A file of text that is read twice: for a sample, and whole. */
export interface TextInput {
  /** The file, for messages. */
  readonly name: string;
  /** The file's bytes from its beginning. A piece may be written over when the next is asked for. */
  readonly pieces: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Bytes that are waited for before they are looked at; for tests. */
  readonly scanBytes?: number;
}

/**
 * A file, plain or gzip, of `bytes` bytes. `onRead` is told what the second reading takes of it. FILE_NOT_FOUND; FILE_CHANGED when
 * it is another file at the end.
 */
export function textFile(path: string, onRead?: (bytes: number) => void): TextInput & { readonly bytes: number } {
  const stamp = useFile(path, (file) => file.layout.stamp);
  let readings = 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield* readPieces(path, readings++ === 0 ? undefined : onRead);
    useFile(path, (file) => file.requireStamp(stamp));
  }
  return { name: path, pieces, bytes: stamp.size };
}

function useFile<T>(path: string, use: (file: DiskFile) => T): T {
  const file = DiskFile.open(path, path);
  try {
    return use(file);
  } finally {
    file.close();
  }
}
