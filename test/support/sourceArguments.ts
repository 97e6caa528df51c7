/**
 * Arguments of Node in the processes of the test runner, which runs the sources.
 *
 * Threads strip types by a WebAssembly module of Node's own, which imports JavaScript functions. V8 13.6 (Node 24) now and then
 * ends the process, with SIGTRAP, when two threads free wrappers of such imports that were compiled anew (`Check failed:
 * jit_page.has_value()` below WasmImportWrapperCache::Free; nodejs/node#64500 is of this kind). With this budget they are never
 * compiled anew. Processes that tests start go without: calls of kernels then leave garbage behind, which would be measured.
 * The packages hold JavaScript, and kernels that import nothing but the memory: they need no such flag.
 */
export const SOURCE_ARGUMENTS: readonly string[] = [
  '--conditions=lockstep-source',
  '--wasm-wrapper-tiering-budget=2147483647',
];
