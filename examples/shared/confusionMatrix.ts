import { styleText } from 'node:util';

/** counts[truth][answer], as `model.confusionMatrix` gives them. */
export type ConfusionMatrix = readonly (readonly number[])[];

/** Right answers: the diagonal. */
export function countCorrect(matrix: ConfusionMatrix): number {
  return matrix.reduce((sum, row, truth) => sum + row[truth], 0);
}

/** A grid with a line for each true class and its share of right answers; nothing happened where there are dots. */
export function formatConfusionMatrix(matrix: ConfusionMatrix): string {
  const width = Math.max(...matrix.flat().map((count) => String(count).length)) + 2;
  const dim = (text: string): string => styleText('dim', text);
  const head = dim(`     ${matrix.map((_, answer) => String(answer).padStart(width)).join('')}   recall`);
  const lines = matrix.map((row, truth) => {
    const cells = row.map((count, answer) => {
      if (count === 0) return dim('·'.padStart(width));
      const text = String(count).padStart(width);
      return answer === truth ? text : styleText('yellow', text);
    });
    const total = row.reduce((sum, count) => sum + count, 0);
    const recall = total === 0 ? '' : `${((100 * row[truth]) / total).toFixed(1)} %`;
    return `${dim(String(truth).padStart(4))} ${cells.join('')}${dim(recall.padStart(10))}`;
  });
  return [head, ...lines].join('\n');
}
