import type { KernelSelection } from './selection.ts';

/** One line for people about the kernels in use, and one more for each warning. */
export function describeKernels(selection: KernelSelection): string {
  return [summary(selection), ...selection.warnings.map((warning) => `warning: ${warning}`)].join('\n');
}

function summary(selection: KernelSelection): string {
  if (selection.kind === 'reference') return 'kernels: plain JavaScript (slow, for checking)';
  const speed = selection.gflops[selection.tile];
  return [
    `kernels: WebAssembly SIMD, ${selection.tile === '6x16' && selection.revectorized ? '256' : '128'}-bit`,
    `tile ${selection.tile}`,
    `${speed?.toFixed(0)} GFLOP/s a thread`,
    selection.fusedMultiplyAdd ? 'fused multiply-add' : 'no fused multiply-add',
    `loaded in ${selection.loadMilliseconds.toFixed(0)} ms`,
  ].join(', ');
}
