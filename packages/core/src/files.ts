/** `@lockstep/core/files`: files that appear whole, the folders that they are in, and JSON of files, which nobody has vouched for. */
export * from './files/atomicFile.ts';
export { makeFolder } from './files/makeFolder.ts';
export { parseJson } from './files/parseJson.ts';
