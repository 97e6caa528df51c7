import type { TableColumn, TableIndex } from '@lockstep/arrow';
import { formatCount, formatSeconds } from '@lockstep/core';
import type { ConvertFlags } from '../flags.ts';
import { formatIndex } from '../inspect/table.ts';
import { printable } from '../printable.ts';
import { ConversionLine } from './conversionLine.ts';
import { formatFor } from './formats.ts';
import { Stopping } from './stopping.ts';

/** `lockstep convert`: writes the folder, and tells what is in it. Returns the exit code. */
export async function convert(inputs: readonly string[], out: string, flags: ConvertFlags): Promise<number> {
  const format = formatFor(inputs, flags);
  const line = new ConversionLine(process.stderr, inputs[0], flags.progress && flags.json !== true);
  const stopping = new Stopping();
  const started = performance.now();
  let index: TableIndex;
  try {
    index = await format.convert(inputs, out, flags, {
      ...(flags.shardMib === undefined ? {} : { shardMebibytes: flags.shardMib }),
      onColumns: (columns, rows) => {
        if (flags.json === true) return;
        const from = format.isInferred === true ? `types from the first ${formatCount(rows)} rows` : 'columns';
        line.print(`${from}: ${describeColumns(columns, flags)}`);
      },
      onProgress: (done, total, rows) => {
        stopping.throwIfStopped();
        line.show(done, total, rows);
      },
    });
  } catch (error) {
    line.clear();
    if (stopping.exitCode === 0) throw error;
    line.print(`${stopping.received}: stopped; nothing of ${out} is left`);
    return stopping.exitCode;
  } finally {
    line.clear();
    stopping.close();
  }
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ out, ...index })}\n`);
    return 0;
  }
  const seconds = formatSeconds((performance.now() - started) / 1000);
  process.stdout.write(`${formatIndex(index)}\n\n${out}: ${formatCount(index.rows)} rows in ${seconds}\n`);
  return 0;
}

/** `age int32 (given), price float64 (decimal(9, 2)), city category`: before hours of work are done with it. */
function describeColumns(columns: readonly TableColumn[], { type = [] }: ConvertFlags): string {
  const given = new Set(type.map(([name]) => name));
  const shown = columns.slice(0, MOST_SHOWN).map(({ name, type: kind, perRow, meaning }) => {
    const said = given.has(name) ? 'given' : meaning;
    const width = perRow > 1 ? `[${perRow}]` : '';
    return `${printable(name)} ${kind}${width}${said === undefined ? '' : ` (${said})`}`;
  });
  const more = columns.length > MOST_SHOWN ? `, and ${formatCount(columns.length - MOST_SHOWN)} more` : '';
  return `${shown.join(', ')}${more}`;
}

/** Columns that are named in a line. */
const MOST_SHOWN = 40;
