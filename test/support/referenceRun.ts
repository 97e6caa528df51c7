import { loadKernels } from '@lockstep/kernels';
import { NETWORKS, OPTIMIZERS, train } from '../cases.ts';

/** Small runs that end in the same bits on the WebAssembly kernels and on the plain JavaScript ones: one for each optimizer. */
export async function hashOfReferenceRun(): Promise<string[]> {
  const hashes: string[] = [];
  for (const [index, optimizer] of OPTIMIZERS.entries()) {
    const network = NETWORKS[(2 * index) % NETWORKS.length];
    const run = { rows: 30, validationRows: 0, seed: index };
    const options = { batchSize: 8, epochs: 2, workers: 1, optimizer: optimizer.create() };
    hashes.push((await train(network, run, options)).hash);
  }
  return hashes;
}

// As a program (oneHash.test.ts starts it with LOCKSTEP_KERNELS=reference), it prints what it found.
if (process.argv[1] === import.meta.filename) {
  process.stdout.write(JSON.stringify({ kernels: loadKernels().kind, hashes: await hashOfReferenceRun() }));
}
