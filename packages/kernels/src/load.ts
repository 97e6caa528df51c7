import { readFileSync } from 'node:fs';
import { compileModule, compilesEagerly } from './compile.ts';
import { type KernelCandidate, referenceSelection, selectKernels } from './select.ts';
import type { KernelSelection } from './selection.ts';

/** From src/ and from dist/ alike. */
const MODULE_URL = new URL('../wasm/lockstep-kernels.wasm', import.meta.url);

let loaded: KernelSelection | undefined;

/**
 * Compiles, checks and times the kernels once in a process and says which to use. To be called on the main thread, as V8's
 * flags are set for a moment; other threads get the result posted and call `attachKernels`.
 *
 * Environment: LOCKSTEP_KERNELS=reference takes the plain JavaScript kernels, LOCKSTEP_KERNELS=wasm refuses to fall back
 * to them; LOCKSTEP_REVECTORIZE=0 leaves V8's 256-bit fusion alone.
 *
 * Throws ERR_LOCKSTEP_KERNELS when that cannot be met.
 */
export function loadKernels(): KernelSelection {
  loaded ??= load(process.env);
  return loaded;
}

/** `loadKernels` anew, with the settings of `environment`. */
export function load(environment: Readonly<Record<string, string | undefined>>): KernelSelection {
  refuseOldNode(process.version);
  const wanted = environment.LOCKSTEP_KERNELS || undefined;
  if (wanted === 'reference') return referenceSelection();
  if (wanted !== undefined && wanted !== 'wasm') {
    throw kernelError(`LOCKSTEP_KERNELS is "${wanted}", but may be "wasm" or "reference", or be left unset.`);
  }
  const start = performance.now();
  const selection = selectKernels(kernelCandidates(environment.LOCKSTEP_REVECTORIZE !== '0'));
  if (wanted === 'wasm' && selection.kind !== 'wasm') {
    throw kernelError(`LOCKSTEP_KERNELS=wasm cannot be met. ${selection.warnings.join(' ')}`);
  }
  return { ...selection, loadMilliseconds: performance.now() - start };
}

/** The committed module, compiled with and without revectorisation, best first. */
function kernelCandidates(revectorize: boolean): KernelCandidate[] {
  const bytes = readFileSync(MODULE_URL);
  // Code that is optimised in the background while it runs shows its speed only after some time.
  const timingMilliseconds = compilesEagerly() ? 1 : 30;
  const candidate = (name: string, revectorized: boolean): KernelCandidate => ({
    name,
    revectorized,
    compile: () => compileModule(bytes, { revectorize: revectorized }),
    timingMilliseconds,
  });
  const plain = candidate('128-bit WebAssembly kernels', false);
  // Elsewhere vectors have 128 bits anyway.
  return revectorize && process.arch === 'x64' ? [candidate('256-bit WebAssembly kernels', true), plain] : [plain];
}

/** npm only warns of `engines`, and what fails then, somewhere in a thread, says nothing of its cause. */
export function refuseOldNode(version: string): void {
  const major = Number(/^v(\d+)/.exec(version)?.[1]);
  if (major < 22) throw kernelError(`Lockstep needs Node 22.18 or newer; this is Node ${version.slice(1)}.`);
}

function kernelError(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_LOCKSTEP_KERNELS' });
}
