/** A label or weight of a row that cannot be one, whichever source comes upon it. */
import { LockstepError } from '@lockstep/core/source';

/** `row`: its file and place. */
export function wrongValue(role: 'label' | 'sampleWeight', row: string, column: string, value: number): LockstepError {
  const place = `${row}, column ${JSON.stringify(column)}`;
  if (role === 'label') {
    return new LockstepError('LABEL_OUT_OF_RANGE', {
      place,
      expected: 'a class index, an integer of 32 bits',
      received: String(value),
      advice: 'Number the classes from 0, or choose a loss for values.',
    });
  }
  return new LockstepError('INVALID_DATA', {
    place,
    expected: 'a finite weight of at least 0',
    received: String(value),
    advice: 'Correct the weights when writing the file.',
  });
}
