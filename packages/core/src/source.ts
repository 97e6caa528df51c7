/**
 * `@lockstep/core/source`: what a module that reads data needs. The loader's thread imports it when a run starts, so it
 * must not bring all of core along.
 */
export * from './errors.ts';
export type * from './data/dataset.ts';
export * from './data/gatherNumbers.ts';
export { halfTable } from './data/half.ts';
export * from './data/numberViews.ts';
export { nearestName } from './model/spelling.ts';
export { openSourceOf, type ReadableDataset } from './data/openSource.ts';
export { philox4x32, PURPOSE } from './random/philox.ts';
