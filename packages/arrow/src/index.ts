export { arrowDataset } from './arrowDataset.ts';
export type { ArrowDatasetOptions } from './options.ts';
export { describeArrowFile } from './describe.ts';
export type { ArrowColumnDescription, ArrowFileDescription } from './describe.ts';
export { writeArrow } from './convert/writeArrow.ts';
export type { ArrowColumn, ColumnValues } from './convert/writeArrow.ts';
export { convertIdx } from './convert/idx.ts';
export type { ConvertedIdx } from './convert/idx.ts';
export type { NumberKind } from './layout/types.ts';
