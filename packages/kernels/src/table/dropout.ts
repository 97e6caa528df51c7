/** Dropout. */
export interface DropoutKernels {
  /**
   * y [rows, columns] = x / (1 - rate), or 0 where it is dropped: with probability `rate`, in [0, 1), a float as the int32 of
   * its bits (Srivastava et al. 2014; what is kept is scaled at once, so that nothing is to be done outside training). 1 / (1 -
   * rate) is computed in float64 and rounded to float32. The gradient is the same call on dy. y may overlap x only where nobody
   * will make the call again.
   *
   * Element (r, j) is dropped iff its number, of 32 bits, is below rate · 2^32. Numbers come from Philox4x32-10 and depend on
   * seed, step, layer, row and column alone, however the rows are cut. `firstRow` is the number of the first row within the
   * batch. `key` is the address of uint32 at DROPOUT_KEY positions; the seed is in [0, 2^53), the step's number in [0, 2^53), the
   * layer's in [0, 2048), each its own.
   *
   * Philox's key is seed + 2^53 · layer. Its counter is (block, row, 4 · 2^24 + step's upper word, step's lower word), lowest word
   * first, where column j is word ⌊j / 4⌋ mod 4 of block 4 · ⌊j / 16⌋ + j mod 4: every word of (layer, seed), block, row and step
   * has bits of its own, so no two numbers share a block and a word. The 4 is a purpose that no sequence of core's
   * `random/philox.ts` has in that place, so they share none with those either.
   */
  dropout(
    y: number,
    yStride: number,
    x: number,
    xStride: number,
    rows: number,
    columns: number,
    firstRow: number,
    key: number,
    rate: number,
  ): void;
}
