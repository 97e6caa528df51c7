import { resolve } from 'node:path';
import { availableCores } from '@lockstep/core';
import type { VerifyFlags } from '../flags.ts';
import { displayPath } from '../run/directory.ts';
import { showWarnings } from '../train/notices.ts';
import { FAILED } from './check.ts';
import { checkFiles } from './files.ts';
import { recordedHashes } from './recorded.ts';
import { replayBeginning, replayEnd } from './replays.ts';
import { loadSubject } from './subject.ts';
import { formatVerification, type Verification } from './verification.ts';

/**
 * `lockstep verify`: computes the beginning and the end of a run again and compares the weights with what it recorded.
 * Writes to standard output only; returns the exit code.
 */
export async function verify(directory: string, flags: VerifyFlags): Promise<number> {
  showWarnings();
  const path = resolve(directory);
  const name = displayPath(path);
  const subject = await loadSubject(path, flags);
  const { run, events, notes } = subject;
  const files = await checkFiles(path, subject);
  const recorded = recordedHashes(events);
  const steps = flags.steps ?? recorded.at(0)?.steps ?? run.stepsPerEpoch;
  const workers = flags.workers ?? Math.max(2, availableCores());
  const beginning = await replayBeginning(subject, recorded, steps, workers);
  const end = await replayEnd(subject, recorded, files.whole, steps, workers);
  const checks = [...beginning.checks, ...end.checks, ...files.checks];
  const verification: Verification = {
    run: name,
    verified: !checks.some(({ verdict }) => FAILED.has(verdict)),
    configurationHash: run.configurationHash,
    checks,
    unchecked: [...beginning.unchecked, ...end.unchecked, ...files.unchecked],
    notes,
  };
  process.stdout.write(flags.json === true ? `${JSON.stringify(verification)}\n` : formatVerification(verification));
  return verification.verified ? 0 : 1;
}
