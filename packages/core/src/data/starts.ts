/** Where each of several things that lie one behind the other begins. */
export function startsOf(sizes: readonly number[]): number[] {
  let start = 0;
  return sizes.map((size) => (start += size) - size);
}

/** Index of the last of these ascending numbers that is not above `value`. The first is 0. */
export function lastNotAbove(starts: readonly number[], value: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= value) low = middle;
    else high = middle;
  }
  return low;
}
