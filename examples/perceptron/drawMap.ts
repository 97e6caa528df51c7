import { styleText } from 'node:util';
import type { Model } from '@lockstep/core';
import type { Point } from './points.ts';

const [WIDTH, HEIGHT] = [49, 17];

/** The unit square as text: shaded where the model answers more than ½, with the points: × of class 1, o of class 0. */
export async function drawMap(model: Model, points: readonly Point[]): Promise<string> {
  const places = Array.from({ length: WIDTH * HEIGHT }, (_, i) => [
    (i % WIDTH) / (WIDTH - 1),
    1 - Math.floor(i / WIDTH) / (HEIGHT - 1),
  ]);
  const outputs = await model.predict(places.flat());
  const cells: string[] = Array.from(outputs, (output) => (output > 0.5 ? '░' : ' '));
  for (const [x, y, label] of points) {
    const cell = Math.round((1 - y) * (HEIGHT - 1)) * WIDTH + Math.round(x * (WIDTH - 1));
    cells[cell] = label === 1 ? styleText('bold', '×') : 'o';
  }
  const lines = Array.from({ length: HEIGHT }, (_, row) => cells.slice(row * WIDTH, (row + 1) * WIDTH).join(''));
  return lines.map((line) => `  ${line}`).join('\n');
}
