import { duration, table } from '../harness/table.ts';
import { type AccuracyResult, type AccuracySetting, TARGET } from './run.ts';

export function printAccuracy({ name, trainRows, testRows, limitSeconds, settings, failure }: AccuracyResult): string {
  const title = `\nTime to ${TARGET * 100} % of ${testRows} test images, ${name}, ${trainRows} images to train on`;
  if (failure !== null) return `${title}\n${failure.kind}: ${failure.reason}`;
  const header = ['peer and setting', 'training, min', 'median', 'whole process, min', 'epochs', 'accuracy'];
  const rows = settings.map((one) => {
    const seconds = (value: number | undefined): string => (value === undefined ? '–' : duration(value * 1e6));
    const times = [one.seconds?.min, one.seconds?.median, one.wallSeconds?.min].map(seconds);
    return [titleOf(one), ...times, String(one.epochs), outcomeOf(one, limitSeconds)];
  });
  const reasons = settings.flatMap((one) =>
    one.failure === null ? [] : [`${titleOf(one)}: ${one.failure.kind}: ${one.failure.reason}`],
  );
  return [title, '', table(header, rows), ...reasons].join('\n');
}

export function outcomeOf({ accuracy, failure, seconds }: AccuracySetting, limitSeconds: number): string {
  if (accuracy === 0) return failure?.kind ?? 'failed';
  return `${(accuracy * 100).toFixed(1)} %${seconds === null ? `, not reached in ${limitSeconds} s` : ''}`;
}

function titleOf({ label, setting }: AccuracySetting): string {
  return setting === '' ? label : `${label}, ${setting}`;
}
