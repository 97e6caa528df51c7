export { arrowDataset } from './arrowDataset.ts';
export type { ArrowDataset, ArrowDatasetDescription } from './arrowDataset.ts';
export type { HttpOptions } from './httpOptions.ts';
export type { ArrowInput } from './origins.ts';
export type { ArrowRecordBatch, ArrowTable } from './memory/tableBytes.ts';
export type {
  ArrowDatasetOptions,
  FeatureOptions,
  FilterCondition,
  LabelOptions,
  SplitOptions,
} from './optionTypes.ts';
export type { Cast } from './layout/reading.ts';
export type { ColumnUse } from './plan/recipes.ts';
export type { Statistics } from './layout/statistics.ts';
export type { Category, Comparison, Normalize, Part, VocabularyOption } from './layout/request.ts';
export type { CacheDatasetOptions } from './cacheDataset.ts';
export * from './onDemand.ts';
export { describeArrowFile } from './describe.ts';
export type { ArrowColumnDescription, ArrowFileDescription } from './describe.ts';
export type { ArrowColumn, ColumnBatch, ColumnValues, NullableValues } from './convert/writeArrow.ts';
export type { ConvertedIdx } from './convert/idx.ts';
export type { DescribeTableOptions } from './describeTable.ts';
export type { ConvertCsvOptions, ConvertOptions } from './convert/convertCsv.ts';
export type { CsvOptions, TextColumnType, TextTableOptions } from './convert/csv/options.ts';
export type { BadRow, SkippedRows } from './convert/skippedRows.ts';
export type { ColumnType, TableColumn } from './convert/table/columns.ts';
export type { ColumnStatistics, NumberStatistics } from './convert/table/statistics.ts';
export type { IndexColumn, Shard, TableIndex } from './convert/table/tableIndex.ts';
export type { CsvDataset, CsvDatasetOptions } from './csvDataset.ts';
export type { ConvertJsonLinesOptions } from './convert/convertJsonLines.ts';
export type { ConvertNpyOptions } from './convert/convertNpy.ts';
export type { ParquetColumnDescription, ParquetFileDescription } from './describeParquet.ts';
export type { ConvertArrowOptions } from './convert/convertArrow.ts';
export type { ConvertNpzOptions } from './convert/convertNpz.ts';
export type { OnProgress } from './convert/progress.ts';
export type { ConvertParquetOptions } from './convert/convertParquet.ts';
export type { ColumnChoiceOptions } from './convert/columnChoice.ts';
export type { ParquetReader } from './convert/parquet/chooseReader.ts';
export type { NamedStatistics } from './statistics.ts';
export type { NumberKind, StoredKind } from './layout/types.ts';
