import { fingerprintOfDescription } from './fingerprint.ts';

/**
 * What datasets that are made of others have in common: a fingerprint that is computed when it is asked for, because those of the
 * datasets inside may be costly, see `TensorDataset`.
 */
export abstract class DerivedDataset {
  readonly #describe: () => readonly unknown[];

  /** `describe`: plain JSON that tells this dataset from others, the fingerprints inside among it. */
  protected constructor(describe: () => readonly unknown[]) {
    this.#describe = describe;
  }

  get fingerprint(): string {
    return fingerprintOfDescription(this.#describe());
  }
}
