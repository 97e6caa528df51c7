/**
 * Functions that a program which only trains never calls, and half of this package: what each needs is loaded when it is first
 * called, so that `import` of the package stays short.
 */
import type * as cacheDatasetModule from './cacheDataset.ts';
import type * as writeArrowModule from './convert/writeArrow.ts';
import type * as idxModule from './convert/idx.ts';
import type * as describeTableModule from './describeTable.ts';
import type * as convertCsvModule from './convert/convertCsv.ts';
import type * as csvDatasetModule from './csvDataset.ts';
import type * as convertJsonLinesModule from './convert/convertJsonLines.ts';
import type * as convertNpyModule from './convert/convertNpy.ts';
import type * as describeParquetModule from './describeParquet.ts';
import type * as convertArrowModule from './convert/convertArrow.ts';
import type * as convertNpzModule from './convert/convertNpz.ts';
import type * as convertParquetModule from './convert/convertParquet.ts';
import type * as convertIdxTableModule from './convert/convertIdxTable.ts';
import type * as statisticsModule from './statistics.ts';

/** Writes a dataset into a folder of Arrow files, once. See `cacheDataset.ts`. */
export const cacheDataset: typeof cacheDatasetModule.cacheDataset = async (...given) =>
  (await import('./cacheDataset.ts')).cacheDataset(...given);

/** Writes columns of numbers as an Arrow file. See `convert/writeArrow.ts`. */
export const writeArrow: typeof writeArrowModule.writeArrow = async (...given) =>
  (await import('./convert/writeArrow.ts')).writeArrow(...given);

/** Converts MNIST's format into one Arrow file. See `convert/idx.ts`. */
export const convertIdx: typeof idxModule.convertIdx = async (...given) =>
  (await import('./convert/idx.ts')).convertIdx(...given);

/** Checks a converted folder, and tells what is in it. See `describeTable.ts`. */
export const describeTable: typeof describeTableModule.describeTable = async (...given) =>
  (await import('./describeTable.ts')).describeTable(...given);

/** Converts a CSV file into a folder of Arrow files. See `convert/convertCsv.ts`. */
export const convertCsv: typeof convertCsvModule.convertCsv = async (...given) =>
  (await import('./convert/convertCsv.ts')).convertCsv(...given);

/** Reads a small CSV file into memory, as a dataset. See `csvDataset.ts`. */
export const csvDataset: typeof csvDatasetModule.csvDataset = async (...given) =>
  (await import('./csvDataset.ts')).csvDataset(...given);

/** Converts JSON lines into a folder of Arrow files. See `convert/convertJsonLines.ts`. */
export const convertJsonLines: typeof convertJsonLinesModule.convertJsonLines = async (...given) =>
  (await import('./convert/convertJsonLines.ts')).convertJsonLines(...given);

/** Converts an array of NumPy into a folder of Arrow files. See `convert/convertNpy.ts`. */
export const convertNpy: typeof convertNpyModule.convertNpy = async (...given) =>
  (await import('./convert/convertNpy.ts')).convertNpy(...given);

/** Columns, rows and codecs of a Parquet file. See `describeParquet.ts`. */
export const describeParquetFile: typeof describeParquetModule.describeParquetFile = async (...given) =>
  (await import('./describeParquet.ts')).describeParquetFile(...given);

/** Converts Arrow files into a folder of uncompressed ones. See `convert/convertArrow.ts`. */
export const convertArrow: typeof convertArrowModule.convertArrow = async (...given) =>
  (await import('./convert/convertArrow.ts')).convertArrow(...given);

/** Converts arrays of NumPy in an archive into a folder of Arrow files. See `convert/convertNpz.ts`. */
export const convertNpz: typeof convertNpzModule.convertNpz = async (...given) =>
  (await import('./convert/convertNpz.ts')).convertNpz(...given);

/** Converts Parquet files into a folder of Arrow files. See `convert/convertParquet.ts`. */
export const convertParquet: typeof convertParquetModule.convertParquet = async (...given) =>
  (await import('./convert/convertParquet.ts')).convertParquet(...given);

/** Converts MNIST's format into a folder of Arrow files. See `convert/convertIdxTable.ts`. */
export const convertIdxTable: typeof convertIdxTableModule.convertIdxTable = async (...given) =>
  (await import('./convert/convertIdxTable.ts')).convertIdxTable(...given);

/** Statistics of the numbers of an Arrow file. See `statistics.ts`. */
export const arrowStatistics: typeof statisticsModule.arrowStatistics = async (...given) =>
  (await import('./statistics.ts')).arrowStatistics(...given);
