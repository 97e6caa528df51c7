import { formatCount } from '@lockstep/core';
import { formatTable } from '../table.ts';
import { type Check, FAILED } from './check.ts';

/** What `lockstep verify` found. */
export interface Verification {
  readonly run: string;
  /** Whether all that was compared agrees. */
  readonly verified: boolean;
  readonly configurationHash: string;
  readonly checks: readonly Check[];
  /** What could not be compared, and why. */
  readonly unchecked: readonly string[];
  readonly notes: readonly string[];
}

export function formatVerification({ run, verified, checks, unchecked, notes }: Verification): string {
  const rows = checks.map(({ what, steps, expected, found, verdict, reason }) => [
    what,
    steps === null ? '' : formatCount(steps),
    shorten(expected),
    shorten(found),
    reason === undefined ? verdict : `${verdict}: ${reason}`,
  ]);
  const failed = checks.filter(({ verdict }) => FAILED.has(verdict)).length;
  const compared = checks.filter(({ verdict }) => verdict !== 'not recorded').length;
  return [
    formatTable(['What', 'Steps', 'Expected', 'Found', 'Verdict'], rows),
    '',
    ...unchecked.map((text) => `not checked  ${text}`),
    ...notes.map((text) => `note         ${text}`),
    ...(unchecked.length + notes.length > 0 ? [''] : []),
    verified
      ? `${run} is verified: ${compared} of ${compared} comparisons agree`
      : `${run} is NOT verified: ${failed} of ${compared} comparisons fail`,
    '',
  ].join('\n');
}

/** The first digits; `--json` has all of them. */
function shorten(hash: string | null): string {
  return hash === null ? '' : `${hash.slice(0, 12)}…`;
}
