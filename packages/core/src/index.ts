export * from './errors.ts';
export type * from './data/dataset.ts';
