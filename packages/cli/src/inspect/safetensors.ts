import { readFile } from 'node:fs/promises';
import {
  decodeSafetensors,
  formatBytes,
  formatCount,
  isCheckpoint,
  loadModel,
  LockstepError,
  type Model,
  type Tensor,
} from '@lockstep/core';
import { formatTable } from '../table.ts';
import { describeCheckpoint, METADATA_KEYS } from './checkpoint.ts';
import type { Description } from './description.ts';

/** The metadata entry that says that Lockstep wrote the file. */
const SPEC_KEY = 'lockstep.spec';

/** Metadata, tensors and, where Lockstep wrote it, the model of a safetensors file, and what a checkpoint knows of its run. */
export async function describeSafetensors(file: string): Promise<Description> {
  const bytes = await readFile(file);
  const { metadata, tensors } = decodeSafetensors(bytes, file);
  const checkpoint = isCheckpoint(metadata) ? await describeCheckpoint(file) : null;
  // What a damaged checkpoint says of itself is shown; its weights are not used.
  const isDamaged = checkpoint !== null && checkpoint.record.checksum !== 'verified';
  const loaded = SPEC_KEY in metadata && !isDamaged ? await loadOrExplain(file) : null;
  const model = typeof loaded === 'string' ? null : loaded;
  const described = tensors.map((tensor) => ({
    name: tensor.name,
    dtype: 'F32',
    shape: tensor.shape,
    ...statistics(tensor),
  }));
  const record = {
    bytes: bytes.length,
    // The checkpoint's own entries are in `checkpoint`, read.
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => !METADATA_KEYS.has(name))),
    checkpoint: checkpoint?.record ?? null,
    tensors: described,
    modelUnknown: typeof loaded === 'string' ? loaded : null,
    model: model && { spec: model.spec, parameters: model.countParams(), weightsHash: model.weightsHash() },
  };

  const others = Object.entries(metadata).filter(([name]) => name !== SPEC_KEY && !METADATA_KEYS.has(name));
  const text = [
    `safetensors file, ${formatCount(bytes.length)} bytes (${formatBytes(bytes.length)}), ${tensors.length} tensors`,
    ...(checkpoint === null ? [] : [checkpoint.text]),
    ...others.map(([name, value]) => `${name}: ${value}`),
    '',
    formatTable(
      ['Tensor', 'Type', 'Shape', 'Min', 'Max', 'Mean'],
      described.map(({ name, dtype, shape, min, max, mean }) => [
        name,
        dtype,
        `[${shape.join(', ')}]`,
        ...[min, max, mean].map((value) => value?.toPrecision(4) ?? ''),
      ]),
    ),
    ...(typeof loaded === 'string' ? ['', loaded] : []),
    ...(model === null ? [] : ['', model.summary(), `weights SHA-256 ${model.weightsHash()}`]),
  ].join('\n');
  return { record, text };
}

/** The model, or why there is none: files do not hold the layers that users wrote, and never make anybody import code. */
async function loadOrExplain(file: string): Promise<Model | string> {
  try {
    return await loadModel(file);
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code !== 'LAYER_UNKNOWN') throw error;
    const path = `${file}: `;
    const place = error.place.startsWith(path) ? error.place.slice(path.length) : error.place;
    return `The model has layers that are not in the file: ${place} is ${error.expected}.`;
  }
}

interface Statistics {
  /** Null for a tensor without elements. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
}

/** A loop, because spreading a large tensor into Math.min would overflow the stack. */
function statistics({ data }: Tensor): Statistics {
  if (data.length === 0) return { min: null, max: null, mean: null };
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const value of data) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { min, max, mean: sum / data.length };
}
