import { createRequire } from 'node:module';
import type { Absence } from '../harness/child.ts';
import type { AccuracyAnswer, AccuracyRequest, PeerRequest, StepAnswer, StepRequest } from './protocol.ts';

type Measured<Answer> = Omit<Answer, 'peakRss' | 'version'>;

/** What a peer in JavaScript can do. */
export interface PeerRunner {
  step(request: StepRequest): Promise<Measured<StepAnswer>>;
  accuracy(request: AccuracyRequest): Promise<Measured<AccuracyAnswer>>;
}

/**
 * Answers the request of this process with a peer. `load` imports it: a package that is not installed is an answer, an
 * error of a package that is there is one of the process.
 */
export async function serve(packages: readonly string[], load: () => Promise<PeerRunner>): Promise<void> {
  const request = JSON.parse(process.argv.at(-1)!) as PeerRequest;
  const missing = packages.filter((name) => versionOf(name) === null);
  if (missing.length > 0) {
    print({ absent: `${missing.join(', ')} not installed` });
    return;
  }
  const runner = await load();
  const measured = request.task === 'step' ? await runner.step(request) : await runner.accuracy(request);
  const version = packages.map((name) => `${name} ${versionOf(name)}`).join(', ');
  // Kibibytes, on every system.
  print({ ...measured, version, peakRss: process.resourceUsage().maxRSS * 1024 });
  // Threads that a peer keeps would keep the process.
  process.exit(0);
}

function print(answer: StepAnswer | AccuracyAnswer | Absence): void {
  console.log(JSON.stringify(answer));
}

/** Of an installed package; null when it is not. Packages that do not export their package.json are found by path. */
export function versionOf(name: string): string | null {
  const require = createRequire(import.meta.url);
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return (require(`${folder}/${name}/package.json`) as { version: string }).version;
    } catch {
      // In a folder further up, or nowhere.
    }
  }
  return null;
}
