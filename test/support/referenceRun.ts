import { loadKernels } from '@lockstep/kernels';
import { NETWORKS, OPTIMIZERS, train, UPDATES } from '../cases.ts';

/** Small runs that end in the same bits on the WebAssembly kernels and on the plain JavaScript ones: one for each optimizer and way of making updates. */
export async function hashOfReferenceRun(): Promise<string[]> {
  const hashes: string[] = [];
  for (const [index, update] of UPDATES.entries()) {
    const optimizer = OPTIMIZERS[index % OPTIMIZERS.length];
    const network = NETWORKS[(2 * index) % NETWORKS.length];
    const run = { rows: 30, validationRows: 0, seed: index };
    const options = { batchSize: 8, epochs: 2, workers: 1, optimizer: optimizer.create(), ...update.options };
    hashes.push((await train(network, run, options)).hash);
  }
  return hashes;
}

// As a program (oneHash.test.ts starts it with LOCKSTEP_KERNELS=reference), it prints what it found.
if (process.argv[1] === import.meta.filename) {
  process.stdout.write(JSON.stringify({ kernels: loadKernels().kind, hashes: await hashOfReferenceRun() }));
}
