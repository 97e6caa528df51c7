import v8 from 'node:v8';
import { type CompiledModule, webAssembly } from './sharedMemory.ts';

/**
 * Compiling the module as V8 does it best for kernels.
 *
 * - Revectorisation (`--experimental-wasm-revectorize`) fuses pairs of 128-bit operations into 256-bit ones, which about
 *   doubles the speed of a product on x64. The flag is read when code is compiled.
 * - Eager compiling by the optimising compiler alone: the whole module is ready at once, in some milliseconds, instead
 *   of starting slowly and being compiled anew during training.
 *
 * Flags belong to the process. They are set for the length of one synchronous compilation and then put back.
 */
export interface CompileOptions {
  revectorize: boolean;
  /** Whether to bypass the baseline compiler; by default where this version of V8 is known to survive it. */
  eager?: boolean;
}

const REVECTORIZE = '--experimental-wasm-revectorize';
/** Without the baseline compiler there is no feedback on calls: V8 13 and later abort the process if inlining wants it. */
const EAGER_FLAGS: Readonly<Record<string, readonly string[]>> = {
  '12.4': ['--no-liftoff', '--no-wasm-lazy-compilation'],
  '13.6': ['--no-liftoff', '--no-wasm-lazy-compilation', '--no-wasm-inlining'],
  '14.6': ['--no-liftoff', '--no-wasm-lazy-compilation', '--no-wasm-inlining'],
};

/** The flags of eager compiling; undefined on a version of V8 where they were not tried (they may end the process). */
function eagerFlags(): readonly string[] | undefined {
  const [major, minor] = (process.versions.v8 ?? '').split('.');
  return EAGER_FLAGS[`${major}.${minor}`];
}

/** Whether modules are compiled whole, by the optimising compiler, before their first call. */
export function compilesEagerly(): boolean {
  return eagerFlags() !== undefined;
}

/** Compiles the module's bytes. Throws WebAssembly.CompileError where the engine lacks relaxed SIMD or threads. */
export function compileModule(bytes: Uint8Array, options: CompileOptions): CompiledModule {
  const eager = options.eager === false ? undefined : eagerFlags();
  const flags = [...(eager ?? []), ...(options.revectorize ? [REVECTORIZE] : [])];
  // V8 keeps the code of modules by their bytes: a variant needs bytes of its own to be compiled at all.
  const variant = withCustomSection(bytes, `${options.revectorize ? '256' : '128'}${eager ? ' eager' : ''}`);
  flags.forEach(setFlag);
  try {
    return new webAssembly.Module(variant);
  } finally {
    for (const flag of flags) {
      // Functions that are optimised later, one by one, need the flag then.
      if (!eager && flag === REVECTORIZE) continue;
      if (!process.execArgv.includes(flag)) setFlag(opposite(flag));
    }
  }
}

function opposite(flag: string): string {
  return flag.startsWith('--no-') ? `--${flag.slice('--no-'.length)}` : `--no-${flag.slice('--'.length)}`;
}

function setFlag(flag: string): void {
  try {
    v8.setFlagsFromString(flag);
  } catch {
    // Another engine: it compiles as it sees fit, and the checks and timings that follow judge the result.
  }
}

/** The module with an empty custom section of this name (up to 100 ASCII characters) at its end; it means nothing. */
function withCustomSection(bytes: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  const encoded = new TextEncoder().encode(name);
  const section = [0, encoded.length + 1, encoded.length, ...encoded];
  const result = new Uint8Array(bytes.length + section.length);
  result.set(bytes);
  result.set(section, bytes.length);
  return result;
}
