import type { SharedMemory } from '../sharedMemory.ts';

/**
 * Typed views of a memory, made again when it has grown: a view keeps the length that the memory had when it was made.
 * Addresses of float32 and int32 are multiples of 4, those of float64 multiples of 8.
 */
export class MemoryViews {
  readonly #memory: SharedMemory;
  #buffer: ArrayBufferLike;
  #float32: Float32Array;
  #float64: Float64Array;
  #int32: Int32Array;
  #data: DataView;

  constructor(memory: SharedMemory) {
    this.#memory = memory;
    this.#buffer = memory.buffer;
    this.#float32 = new Float32Array(this.#buffer);
    this.#float64 = new Float64Array(this.#buffer);
    this.#int32 = new Int32Array(this.#buffer);
    this.#data = new DataView(this.#buffer);
  }

  /** Element i is at address 4·i. */
  get float32(): Float32Array {
    this.#refresh();
    return this.#float32;
  }

  /** Element i is at address 8·i. */
  get float64(): Float64Array {
    this.#refresh();
    return this.#float64;
  }

  /** Element i is at address 4·i. */
  get int32(): Int32Array {
    this.#refresh();
    return this.#int32;
  }

  /** All of it, for what need not be aligned or is of another kind. */
  get data(): DataView {
    this.#refresh();
    return this.#data;
  }

  #refresh(): void {
    const buffer = this.#memory.buffer;
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.#float32 = new Float32Array(buffer);
    this.#float64 = new Float64Array(buffer);
    this.#int32 = new Int32Array(buffer);
    this.#data = new DataView(buffer);
  }
}
