import { loadKernels } from '@lockstep/kernels';
import { NETWORKS, OPTIMIZERS, train, updateOptions, UPDATES } from '../cases.ts';

/**
 * Small runs that end in the same bits on the WebAssembly kernels and on the plain JavaScript ones: every optimizer and every way
 * of making updates, and every network.
 */
export async function hashOfReferenceRun(): Promise<string[]> {
  const hashes: string[] = [];
  for (const [index, network] of NETWORKS.entries()) {
    const optimizer = OPTIMIZERS[index % OPTIMIZERS.length];
    const run = { rows: 20, validationRows: 0, seed: index };
    const update = updateOptions(optimizer, UPDATES[index % UPDATES.length]);
    const options = { batchSize: 8, epochs: 2, workers: 1, ...update };
    hashes.push((await train(network, run, options)).hash);
  }
  return hashes;
}

// As a program (oneHash.test.ts starts it with LOCKSTEP_KERNELS=reference), it prints what it found.
if (process.argv[1] === import.meta.filename) {
  process.stdout.write(JSON.stringify({ kernels: loadKernels().kind, hashes: await hashOfReferenceRun() }));
}
