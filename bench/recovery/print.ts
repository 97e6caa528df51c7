import { formatBytes } from '@lockstep/core';
import { digits, duration, table } from '../harness/table.ts';
import type { RecoveryResult } from './run.ts';

const milliseconds = (value: number): string => duration(value * 1000);

export function printRecovery(results: readonly RecoveryResult[]): string {
  const answered = results.flatMap(({ name, answer }) => (answer === null ? [] : [{ name, answer }]));
  const faults = answered.flatMap(({ name, answer: { stepMs, threadStartMs, faults: costs } }) =>
    costs.map(({ action, restarts, recoveryMs, wholeMs }) => [
      ...[`${name}, ${action}`, String(restarts), milliseconds(stepMs)],
      ...[milliseconds(recoveryMs.min), milliseconds(recoveryMs.median), milliseconds(threadStartMs.median)],
      digits((recoveryMs.median - threadStartMs.median) / stepMs),
      milliseconds(wholeMs),
    ]),
  );
  const checkpoints = answered.map(({ name, answer: { stepMs, checkpoint } }) => [
    ...[name, String(checkpoint.written), formatBytes(checkpoint.bytes), milliseconds(checkpoint.pauseMs)],
    ...[milliseconds(checkpoint.longestPauseMs), milliseconds(checkpoint.copyMs)],
    ...[digits(checkpoint.pauseMs / checkpoint.copyMs), digits(checkpoint.pauseMs / stepMs)],
    ...[milliseconds(checkpoint.writeMs), milliseconds(checkpoint.wholeMs)],
  ]);
  const reasons = results.flatMap(({ name, failure }) =>
    failure === null ? [] : [`${name}: ${failure.kind}: ${failure.reason}`],
  );
  return [
    '\nA lost thread, 2 workers. Thread start: one that only loads the same modules of Lockstep\n',
    table(
      [
        ...['case', 'lost', 'step', 'recovery, min', 'median', 'thread start', '(recovery − start) ÷ step'],
        'run longer by, each',
      ],
      faults,
    ),
    '\nA checkpoint, 2 workers\n',
    table(
      [
        ...['case', 'written', 'size', 'pause', 'longest', 'copying as much', 'pause ÷ copy', 'pause ÷ step'],
        ...['write, beside training', 'run longer by, each'],
      ],
      checkpoints,
    ),
    ...reasons,
  ].join('\n');
}
