/**
 * Compiles `assembly/` to the WebAssembly module that is committed. Usage: node packages/kernels/build/build.ts
 *
 * The same sources give the same bytes anywhere; `src/rebuild.test.ts` holds the committed module to that.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { generateTiles } from './generateTiles.ts';

const ASSEMBLY = fileURLToPath(new URL('../assembly/', import.meta.url));
const OUTPUT = fileURLToPath(new URL('../wasm/lockstep-kernels.wasm', import.meta.url));
const GENERATED = 'tiles.generated.ts';

const OPTIONS = [
  'index.ts',
  ['--outFile', 'lockstep-kernels.wasm'],
  ['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
  ['--enable', 'simd,relaxed-simd,threads'],
  // Memory comes from outside, and any size from a page to 4 GiB fits.
  ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  // Keeps the names of functions, which profilers show.
  '--debug',
].flat();

/** Compiles the kernels in memory: the module's bytes. Throws with the compiler's messages. */
export async function compileKernels(): Promise<Uint8Array> {
  const sources = new Map(
    readdirSync(ASSEMBLY)
      .filter((name) => name.endsWith('.ts') && name !== GENERATED)
      .map((name) => [name, readFileSync(ASSEMBLY + name, 'utf8')]),
  );
  sources.set(GENERATED, generateTiles());

  let module: Uint8Array | undefined;
  const messages = asc.createMemoryStream();
  const { error } = await asc.main(OPTIONS, {
    stderr: messages,
    readFile: (name) => sources.get(name) ?? null,
    writeFile: (_name, contents) => {
      module = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !module) throw new Error(`AssemblyScript: ${error?.message ?? 'no output'}\n${messages.toString()}`);
  return module;
}

if (import.meta.main) {
  const module = await compileKernels();
  writeFileSync(OUTPUT, module);
  console.log(`${OUTPUT}: ${module.byteLength} bytes`);
}
