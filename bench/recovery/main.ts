/**
 * What a lost thread and a checkpoint cost: `node --conditions=lockstep-source bench/recovery/main.ts`, with `--quick` for
 * few of each and `--json FILE` for the figures.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeMachine } from '../harness/machine.ts';
import { printRecovery } from './print.ts';
import { benchRecovery } from './run.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } } });
const machine = describeMachine();
console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n${machine.kernels}`);
const results = await benchRecovery(values.quick, (line) => void process.stderr.write(`${line}\n`));
console.log(printRecovery(results));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
