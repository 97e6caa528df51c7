/** The error of a column that was asked for by a name that the file does not have. */
import { LockstepError, nearestName } from '@lockstep/core/source';

/** `names`: those that it has; `listed`: as many of them as are told. */
export function missingColumn(place: string, name: string, names: readonly string[], listed: string): LockstepError {
  const guess = nearestName(name, names);
  return new LockstepError('COLUMN_MISSING', {
    place,
    expected: `one of the file's columns (${listed})`,
    received: 'no such column',
    advice: guess === null ? 'Choose one of them.' : `Did you mean ${JSON.stringify(guess)}?`,
  });
}
