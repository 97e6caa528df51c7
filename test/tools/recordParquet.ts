/**
 * Writes packages/arrow/src/testing/smallParquet.json, the file of test/support/smallParquet.ts.
 * Run: node --conditions=lockstep-source test/tools/recordParquet.ts
 */
import { writeFileSync } from 'node:fs';
import { smallParquet } from '../support/smallParquet.ts';

const program = 'hyparquet-writer 0.17.0, called by test/tools/recordParquet.ts';
const file = Buffer.from(await smallParquet()).toString('base64');
const path = new URL('../../packages/arrow/src/testing/smallParquet.json', import.meta.url);
writeFileSync(path, `${JSON.stringify({ program, file }, null, 1)}\n`);
