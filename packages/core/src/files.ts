/** `@lockstep/core/files`: files that appear whole, and the folders that they are in. */
export * from './files/atomicFile.ts';
export { makeFolder } from './files/makeFolder.ts';
