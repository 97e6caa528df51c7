import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export const MAIN: string = path('../../packages/cli/src/main.ts');
export const DIGITS: string = path('../../examples/digits/data/digits-train.arrow');
const TEST_DIGITS = path('../../examples/digits/data/digits-test.arrow');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LockstepOptions {
  readonly env?: Record<string, string>;
  /** Called with the process and all of its output so far, whenever there is more. */
  readonly onOutput?: (child: ChildProcess, output: string) => void;
  /** Largest file that the process may write, in bytes: what comes of a full disk. */
  readonly largestFile?: number;
}

/** What comes out of JSON.parse. */
type Parsed = ReturnType<typeof JSON.parse>;

/** Parts of a config file, as TypeScript. */
export interface ConfigParts {
  /** Statements after the imports. */
  readonly body?: string;
  /** More callbacks. */
  readonly callbacks?: string;
  /** More members of the config, and of its `fit`. */
  readonly members?: string;
  readonly fit?: string;
}

/** A folder such as a user of the command has: configs on the digits, and runs. */
export class CliFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'lockstep-cli-'));

  constructor() {
    // Configs import packages by name, as they would in a user's project.
    symlinkSync(path('../node_modules'), join(this.path, 'node_modules'));
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }

  /** A config of two epochs of 23 steps. */
  writeConfig(name: string, { body = '', callbacks = '', members = '', fit = '' }: ConfigParts = {}): void {
    writeFileSync(
      join(this.path, name),
      `import { arrowDataset } from '@lockstep/arrow';
import { adam, dense, earlyStopping, sequential } from '@lockstep/core';
import { defineConfig } from 'lockstep';
import { meet, meetingDataset } from ${JSON.stringify(path('cliMeeting.ts'))};
/** Where the test makes a file when the program may go on. */
const file = (name: string): string => ${JSON.stringify(this.path)} + '/' + name;
void [earlyStopping, meet, meetingDataset, file];
${body}
const columns = { features: ['pixels'], label: 'digit', scale: 1 / 16 };
export default defineConfig(async () => ({
  model: sequential([dense(32, { activation: 'relu' }), dense(10, { activation: 'softmax' })], { inputShape: [64] }),
  data: await arrowDataset(${JSON.stringify(DIGITS)}, columns),
  test: arrowDataset(${JSON.stringify(TEST_DIGITS)}, columns),
  ${members}
  fit: {
    loss: 'sparseCategoricalCrossentropy', optimizer: adam(), metrics: ['accuracy'], batchSize: 64, epochs: 2,
    callbacks: [${callbacks}], ${fit}
  },
}));
`,
    );
  }

  lockstep(args: readonly string[], options: LockstepOptions = {}): Promise<Ended> {
    const { LOCKSTEP_DEBUG: _, NODE_OPTIONS: __, ...environment } = process.env;
    const command = [process.execPath, '--conditions=lockstep-source', MAIN, ...args];
    const { largestFile } = options;
    // bash counts in KiB.
    const limit = largestFile === undefined ? '' : `ulimit -f ${largestFile / 1024}; `;
    const child = spawn('bash', ['-c', `${limit}exec "$@"`, 'bash', ...command], {
      cwd: this.path,
      env: { ...environment, ...options.env },
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
        options.onOutput?.(child, output.stdout + output.stderr);
      });
    }
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal, ...output }));
    });
  }

  /** As `lockstep`; sends the signal once, as soon as the output holds `text`. */
  async lockstepUntil(
    args: readonly string[],
    text: string,
    signal: NodeJS.Signals,
    env: Record<string, string> = {},
  ): Promise<Ended> {
    let sent = false;
    return this.lockstep(args, {
      env,
      onOutput(child, output) {
        if (sent || !output.includes(text)) return;
        sent = child.kill(signal);
      },
    });
  }

  /**
   * As `lockstep`; sends the signal at the meeting of this name. The program goes on when it has heard of the signal, or at
   * once when its own thread is the one that waits.
   */
  async lockstepAtMeeting(
    args: readonly string[],
    name: string,
    signal: NodeJS.Signals,
    blocked: 'main thread' | 'loader',
  ): Promise<Ended> {
    let sent = false;
    return this.lockstep(args, {
      onOutput: (child, output) => {
        if (!sent && output.includes(`"event":"${name}"`)) sent = child.kill(signal);
        if (!sent || existsSync(join(this.path, name))) return;
        if (blocked === 'main thread' || output.includes(`${signal}:`)) writeFileSync(join(this.path, name), '');
      },
    });
  }

  read(run: string, file: string): string {
    return readFileSync(join(this.path, run, file), 'utf8');
  }

  readEvents(run: string): Parsed[] {
    return linesOf(this.read(run, 'metrics.jsonl'));
  }
}

/** Lines of JSON. */
export function linesOf(text: string): Parsed[] {
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
