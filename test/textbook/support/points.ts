import { type Dataset, tensorDataset } from '@lockstep/core';
import { numbersFrom } from '../../support/numbers.ts';

/** Points of the plane with a label each, 0 or 1: what the textbook's figures show as dots of two colours. */
export interface Points {
  /** x and y of one point after the other. */
  readonly features: readonly number[];
  readonly labels: readonly number[];
}

/** x, y and label of each point. */
export function pointsOf(rows: readonly (readonly [number, number, number])[]): Points {
  return { features: rows.flatMap(([x, y]) => [x, y]), labels: rows.map(([, , label]) => label) };
}

export function datasetOf({ features, labels }: Points): Dataset {
  return tensorDataset({ features, labels: Uint8Array.from(labels), featureShape: [2] });
}

/** The four rows of exclusive or. */
export const XOR: Points = pointsOf([
  [0, 0, 0],
  [0, 1, 1],
  [1, 0, 1],
  [1, 1, 0],
]);

/** Uniform numbers in [least, most), and normal ones of mean 0 (Box and Muller 1958), the same for the same seed. */
function randomFrom(seed: number): {
  readonly uniform: (least: number, most: number) => number;
  readonly normal: (deviation: number) => number;
} {
  const next = numbersFrom(seed);
  return {
    uniform: (least, most) => least + (most - least) * next(),
    normal: (deviation) => deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

/** The data sets of TensorFlow Playground, in its coordinates of about -6 to 6, with its default noise of 0 or with some. */
export const PLAYGROUND: Readonly<Record<string, (count: number, seed: number, noise?: number) => Points>> = {
  /** A disc of radius 2.5 inside a ring from 3.5 to 5. */
  circle(count, seed, noise = 0) {
    const { uniform } = randomFrom(seed);
    return many(count, (label) => {
      const radius = label === 1 ? uniform(0, 2.5) : uniform(3.5, 5);
      const angle = uniform(0, 2 * Math.PI);
      const [dx, dy] = [uniform(-noise, noise), uniform(-noise, noise)];
      return [radius * Math.sin(angle) + dx, radius * Math.cos(angle) + dy];
    });
  },
  /** Quadrants: 1 where x and y have one sign; 0.3 of the axes is free. */
  xor(count, seed, noise = 0) {
    const { uniform } = randomFrom(seed);
    return many(count, (label) => {
      const [x, y] = [uniform(0.3, 5), uniform(0.3, 5)];
      const side = uniform(-1, 1) > 0 ? 1 : -1;
      return [side * x + uniform(-noise, noise), (label === 1 ? side : -side) * y + uniform(-noise, noise)];
    });
  },
  /** Two clouds of deviation 1 around (2, 2) and (-2, -2). */
  gaussian(count, seed, noise = 0) {
    const { normal } = randomFrom(seed);
    return many(count, (label) => {
      const centre = label === 1 ? 2 : -2;
      return [centre + normal(1 + noise), centre + normal(1 + noise)];
    });
  },
  /** Two arms of one and three quarters of a turn. */
  spiral(count, seed, noise = 0) {
    const { uniform } = randomFrom(seed);
    return many(count, (label) => {
      const position = uniform(0, 1);
      const angle = 1.75 * position * 2 * Math.PI + (label === 1 ? 0 : Math.PI);
      const [dx, dy] = [uniform(-1, 1) * noise, uniform(-1, 1) * noise];
      return [5 * position * Math.sin(angle) + dx, 5 * position * Math.cos(angle) + dy];
    });
  },
};

/** As many of each label, in turn. */
function many(count: number, point: (label: number) => readonly [number, number]): Points {
  return pointsOf(Array.from({ length: count }, (_, i) => [...point(i % 2), i % 2] as const));
}

/** Corners of the triangle that three lines cut out. */
const TRIANGLE = [
  [0, 0.8],
  [-0.8, -0.5],
  [0.8, -0.5],
] as const;

/** A cluster inside a triangle (1) and points all around it (0), as many of each; 0.05 on both sides of the lines is free. */
export function clusterInTriangle(count: number, seed: number): Points {
  const { uniform } = randomFrom(seed);
  const draw = (label: number): readonly [number, number, number] => {
    for (;;) {
      const [x, y] = [uniform(-1.2, 1.2), uniform(-1.2, 1.2)];
      const depth = depthInTriangle(x, y);
      if (label === 1 ? depth > 0.05 : depth < -0.05) return [x, y, label];
    }
  };
  return pointsOf(Array.from({ length: count }, (_, i) => draw(i % 2)));
}

/** Distance to the nearest side's line, negative outside. */
function depthInTriangle(x: number, y: number): number {
  const distances = TRIANGLE.map(([ax, ay], i) => {
    const [bx, by] = TRIANGLE[(i + 1) % 3];
    return ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / Math.hypot(bx - ax, by - ay);
  });
  return Math.min(...distances);
}
