import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { drawCurves } from './curves.ts';
import { replaceBlock, scalingBlock } from './document.ts';
import { measureMachine, type Measurements } from './measurements.ts';
import { modelScaling } from './predict.ts';

/**
 * Writes the numbers and the picture of docs/scaling.md from bench/scaling/measured.json. `--fit` measures this machine
 * first, in a few minutes; `--more` measures again and adds to what is there.
 */
const MEASURED = new URL('measured.json', import.meta.url);
const DOCUMENT = new URL('../../docs/scaling.md', import.meta.url);
const PICTURE = new URL('../../docs/scaling/curves.svg', import.meta.url);

const { values } = parseArgs({
  options: { fit: { type: 'boolean', default: false }, more: { type: 'boolean', default: false } },
});
const read = (): Measurements => JSON.parse(readFileSync(MEASURED, 'utf8')) as Measurements;
if (values.fit || values.more) {
  const measured = await measureMachine(values.more ? read() : null, (line) => process.stderr.write(`${line}\n`));
  writeFileSync(MEASURED, `${JSON.stringify(measured, null, 2)}\n`);
}
const measurements = read();
const model = modelScaling(measurements);
const block = scalingBlock(measurements, model);
mkdirSync(new URL('.', PICTURE), { recursive: true });
writeFileSync(DOCUMENT, replaceBlock(readFileSync(DOCUMENT, 'utf8'), block));
const note = `Simulated with costs measured on ${measurements.cores} cores; no larger machine has confirmed it. Both axes logarithmic.`;
writeFileSync(PICTURE, drawCurves(model.predictions, note));
console.log(block);
