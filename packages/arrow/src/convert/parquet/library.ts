/** What is used of hyparquet and its decompressors; loaded when the first Parquet file is opened. */

export interface ParquetLibrary {
  readonly parquetMetadata: (typeof import('hyparquet'))['parquetMetadata'];
  readonly parquetSchema: (typeof import('hyparquet'))['parquetSchema'];
  readonly parquetHeader: (typeof import('hyparquet/src/column.js'))['parquetHeader'];
  readonly readPlain: (typeof import('hyparquet/src/plain.js'))['readPlain'];
  readonly deltaBinaryUnpack: (typeof import('hyparquet/src/delta.js'))['deltaBinaryUnpack'];
  readonly deltaLengthByteArray: (typeof import('hyparquet/src/delta.js'))['deltaLengthByteArray'];
  readonly byteStreamSplit: (typeof import('hyparquet/src/encoding.js'))['byteStreamSplit'];
  readonly decompressSnappy: (input: Uint8Array, outputLength: number) => Uint8Array;
}

let loaded: Promise<ParquetLibrary> | undefined;

export function loadParquet(): Promise<ParquetLibrary> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<ParquetLibrary> {
  const [root, column, plain, delta, encoding, compressors] = await Promise.all([
    import('hyparquet'),
    import('hyparquet/src/column.js'),
    import('hyparquet/src/plain.js'),
    import('hyparquet/src/delta.js'),
    import('hyparquet/src/encoding.js'),
    import('hyparquet-compressors'),
  ]);
  return {
    parquetMetadata: root.parquetMetadata,
    parquetSchema: root.parquetSchema,
    parquetHeader: column.parquetHeader,
    readPlain: plain.readPlain,
    deltaBinaryUnpack: delta.deltaBinaryUnpack,
    deltaLengthByteArray: delta.deltaLengthByteArray,
    byteStreamSplit: encoding.byteStreamSplit,
    // The other door, decompressSnappy, makes an instance of WebAssembly and its memory for every page.
    decompressSnappy: compressors.compressors.SNAPPY!,
  };
}
