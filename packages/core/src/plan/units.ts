/**
 * Groups parameter blocks into units of work that a thread claims at once. Claiming costs an atomic operation, so small
 * blocks go together; large ones stay alone and come first, so that threads finish at about the same time. Which thread
 * takes which unit never changes a bit: every block is computed by itself.
 */

/** Floating-point operations worth a claim: about five microseconds of a core. */
const UNIT_FLOPS = 500_000;

/** Costs of consecutive blocks → ranges [first, end), the costliest first. */
export function groupBlocks(costs: readonly number[]): readonly (readonly [number, number])[] {
  const units: { readonly first: number; readonly end: number; readonly cost: number }[] = [];
  let first = 0;
  let sum = 0;
  for (const [index, cost] of costs.entries()) {
    sum += cost;
    if (sum >= UNIT_FLOPS || index === costs.length - 1) {
      units.push({ first, end: index + 1, cost: sum });
      first = index + 1;
      sum = 0;
    }
  }
  return units.toSorted((a, b) => b.cost - a.cost).map((unit) => [unit.first, unit.end] as const);
}
