import { fileURLToPath } from 'node:url';
import { type Failure, measureInChild } from '../harness/child.ts';
import { readNumber, readObject } from '../harness/read.ts';
import type { RecoveryAnswer, RecoveryRequest } from './request.ts';

export interface RecoveryResult {
  readonly name: string;
  readonly answer: RecoveryAnswer | null;
  readonly failure: Failure | null;
}

const CASES: readonly { readonly name: string; readonly request: RecoveryRequest }[] = [
  {
    name: '784-512-256-10, batch 256',
    request: { sizes: [784, 512, 256, 10], batchSize: 256, workers: 2, epochSteps: 20, epochs: 20, faults: 20 },
  },
  {
    name: '64-32-10, batch 64',
    request: { sizes: [64, 32, 10], batchSize: 64, workers: 2, epochSteps: 500, epochs: 20, faults: 20 },
  },
];
const LIMIT_MS = 180_000;

/** What lost threads and checkpoints cost. `quick`: fewer of them. */
export async function benchRecovery(quick: boolean, log: (line: string) => void): Promise<RecoveryResult[]> {
  const script = fileURLToPath(new URL('child.ts', import.meta.url));
  const results: RecoveryResult[] = [];
  for (const { name, request } of CASES) {
    log(`recovery: ${name}`);
    const asked = quick ? { ...request, epochs: 4, faults: 4 } : request;
    const args = ['--conditions=lockstep-source', script, JSON.stringify(asked)];
    const outcome = await measureInChild({ file: process.execPath, args }, LIMIT_MS, checkAnswer);
    results.push({ name, answer: outcome.value, failure: outcome.failure });
  }
  return results;
}

/** Our own program on the other side of a pipe: what it printed is complete when its first and last parts are there. */
function checkAnswer(value: unknown): RecoveryAnswer {
  const answer = readObject(value, 'answer');
  readNumber(answer.stepMs, 'stepMs');
  readNumber(readObject(answer.checkpoint, 'checkpoint').wholeMs, 'checkpoint.wholeMs');
  return answer as unknown as RecoveryAnswer;
}
