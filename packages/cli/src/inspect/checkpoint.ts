import {
  type CheckpointHeader,
  formatCount,
  formatMetrics,
  formatSeconds,
  hashOf,
  LockstepError,
  readCheckpoint,
  readCheckpointHeader,
} from '@lockstep/core';

/** Entries of a checkpoint's metadata that are described here instead of shown. */
export const METADATA_KEYS: ReadonlySet<string> = new Set(['lockstep.sha256', 'lockstep.checkpoint']);

export interface CheckpointRecord {
  readonly position: CheckpointHeader['position'];
  /** `verified`, or what is wrong. */
  readonly checksum: string;
  readonly weightsHash: string;
  readonly configuration: CheckpointHeader['configuration'];
  readonly configurationHash: string;
  /** Of each epoch so far. */
  readonly record: CheckpointHeader['record'];
  readonly best: CheckpointHeader['best'];
  /** Names of callbacks that it remembers something for. */
  readonly callbacks: readonly string[];
}

/** What a checkpoint knows of its run, and whether it is whole. Throws FILE_INVALID when not even its header can be read. */
export async function describeCheckpoint(
  file: string,
): Promise<{ readonly record: CheckpointRecord; readonly text: string }> {
  const header = await readCheckpointHeader(file);
  const { position, weightsHash, configuration, record, best, callbacks } = header;
  const checksum = await readCheckpoint(file).then(
    () => 'verified',
    (error: unknown) => {
      if (!(error instanceof LockstepError)) throw error;
      return `expected ${error.expected}, received ${error.received}`;
    },
  );
  const configurationHash = hashOf(configuration);
  const names = Object.keys(callbacks);
  const fit = Object.entries((configuration['fit'] ?? {}) as Record<string, unknown>)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${describeOption(value)}`);
  const rows: [string, string][] = [
    ['checkpoint', describePosition(position, record.stopped === true)],
    ['checksum', checksum === 'verified' ? checksum : `DAMAGED: ${checksum}`],
    ['weights', `SHA-256 ${weightsHash}`],
    ['run', `configuration SHA-256 ${configurationHash}`],
    ['data', describeData(configuration['data'])],
    ['options', fit.join(', ')],
    ['trained', `${formatSeconds(record.seconds)}, ${formatCount(record.rows)} rows of whole epochs`],
    ...record.weightsHashes.map((hash, index): [string, string] => [
      `epoch ${index + 1}`,
      `${formatMetrics(metricsAt(record, index))}  weights ${hash.slice(0, 12)}…`,
    ]),
    ...(best === null
      ? []
      : [['best', `${best.monitor} ${best.value}, after ${formatCount(best.steps)} steps`] as const]),
    ...(names.length === 0 ? [] : [['callbacks', names.join(', ')] as const]),
  ].map(([name, value]) => [name, value]);
  return {
    record: {
      ...{ position, checksum, weightsHash, configuration, configurationHash, record, best, callbacks: names },
    },
    text: rows.map(([name, value]) => `${name.padEnd(12)}${value}`).join('\n'),
  };
}

/** As users write it: `adam({ learningRate: 0.001 })` for what has a kind. */
function describeOption(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('kind' in value)) {
    return typeof value === 'string' ? value : JSON.stringify(value);
  }
  const { kind, ...numbers } = value;
  const parts = Object.entries(numbers).map(([name, part]) => `${name}: ${describeOption(part)}`);
  return parts.length === 0 ? String(kind) : `${String(kind)}({ ${parts.join(', ')} })`;
}

function describePosition({ epoch, step, steps }: CheckpointHeader['position'], stopped: boolean): string {
  const epochs = `${formatCount(epoch)} ${epoch === 1 ? 'epoch' : 'epochs'}`;
  const more = step === 0 ? '' : ` and ${formatCount(step)} ${step === 1 ? 'step' : 'steps'} of the next`;
  return `${epochs}${more}, ${formatCount(steps)} steps in all${stopped ? '; a callback has ended the run' : ''}`;
}

function describeData(value: unknown): string {
  const { rows, fingerprint } = (value ?? {}) as { rows?: number; fingerprint?: string };
  return `${rows === undefined ? '?' : formatCount(rows)} rows, fingerprint ${String(fingerprint).slice(0, 12)}…`;
}

function metricsAt({ metrics }: CheckpointHeader['record'], index: number): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, values]) => [name, values[index] ?? NaN]));
}
