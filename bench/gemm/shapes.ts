/** A product C [m, n] = A [m, k] · B [k, n]. `transposed`: which operand is stored the other way round. */
export interface Shape {
  readonly name: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposed: 'A' | 'B' | null;
  /**
   * Whether B is a weight, which a training step finds packed: the thread that updated it has packed it. In dW = Xᵀ · dZ
   * it is the gradient dZ, new in every step: its packing is counted here, though a step saves most of it, because the
   * product that computes dZ stores it packed.
   */
  readonly packedInStep: boolean;
}

/** Products of training steps (forward, gradient of inputs, gradient of weights) and squares. */
export const SHAPES: readonly Shape[] = [
  { name: 'forward', m: 128, n: 512, k: 784, transposed: null, packedInStep: true },
  { name: 'forward', m: 32, n: 512, k: 784, transposed: null, packedInStep: true },
  { name: 'forward', m: 256, n: 256, k: 512, transposed: null, packedInStep: true },
  { name: 'output', m: 128, n: 10, k: 256, transposed: null, packedInStep: true },
  { name: 'dX', m: 128, n: 512, k: 256, transposed: 'B', packedInStep: true },
  { name: 'dW', m: 784, n: 512, k: 128, transposed: 'A', packedInStep: false },
  { name: 'dW', m: 784, n: 512, k: 32, transposed: 'A', packedInStep: false },
  { name: 'dW', m: 512, n: 256, k: 128, transposed: 'A', packedInStep: false },
  { name: 'square', m: 256, n: 256, k: 256, transposed: null, packedInStep: true },
  { name: 'square', m: 512, n: 512, k: 512, transposed: null, packedInStep: true },
  { name: 'square', m: 1024, n: 1024, k: 1024, transposed: null, packedInStep: true },
  { name: 'square', m: 2048, n: 2048, k: 2048, transposed: null, packedInStep: true },
];

/** Sizes in the order m n k: `forward 128×512×784`. */
export function shapeName({ name, m, n, k }: Shape): string {
  return `${name} ${m}×${n}×${k}`;
}
