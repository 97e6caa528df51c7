import { type Dataset, tensorDataset } from '@lockstep/core';

/** A point of the plane with its class, 0 or 1. */
export type Point = readonly [x: number, y: number, label: number];

/** Applicants to a squad: two results in [0, 1], and whether they were accepted. A line parts them. */
export const SQUAD: readonly Point[] = [
  [0.9, 0.7, 1],
  [0.2, 0.3, 0],
  [0.7, 0.9, 1],
  [0.4, 0.1, 0],
  [0.8, 0.5, 1],
  [0.1, 0.6, 0],
  [0.5, 0.8, 1],
  [0.5, 0.3, 0],
  [0.9, 0.2, 1],
  [0.3, 0.4, 0],
  [0.6, 0.6, 1],
  [0.2, 0.7, 0],
];

/** Exclusive or: no line parts it. */
export const XOR: readonly Point[] = [
  [0, 0, 0],
  [0, 1, 1],
  [1, 0, 1],
  [1, 1, 0],
];

/** Points on a grid over the unit square: 1 inside a triangle, 0 outside, none near its sides. */
export const TRIANGLE: readonly Point[] = grid(25).flatMap(([x, y]) => {
  // Distances to the three sides, positive inside.
  const depth = Math.min(y - 0.2, 2 * x - y, 2 * (1 - x) - y);
  return Math.abs(depth) < 0.06 ? [] : [[x, y, depth > 0 ? 1 : 0] as const];
});

/** n × n points over the unit square, row by row. */
function grid(n: number): (readonly [number, number])[] {
  return Array.from({ length: n * n }, (_, i) => [(i % n) / (n - 1), Math.floor(i / n) / (n - 1)] as const);
}

export function datasetOf(points: readonly Point[]): Dataset {
  return tensorDataset({
    features: points.flatMap(([x, y]) => [x, y]),
    labels: Uint8Array.from(points, ([, , label]) => label),
    featureShape: [2],
  });
}
