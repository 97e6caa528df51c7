/**
 * Records frames that the program `lz4` makes of inputs that lz4Inputs.ts names, in testing/lz4Frames.json:
 * node packages/arrow/src/testing/recordLz4.ts
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { LZ4_INPUTS } from './lz4Inputs.ts';

const OPTIONS = ['-1', '-9', '-1 -BD -B4', '-1 -BI -B4 -BX', '-1 --content-size', '-1 --no-frame-crc'];

const program = execFileSync('lz4', ['--version'], { encoding: 'utf8' }).trim();
const frames = LZ4_INPUTS.flatMap(({ name, bytes }) =>
  OPTIONS.map((options) => {
    const args = [...options.split(' '), '-z', '-c', '-f', '-'];
    return { input: name, options, frame: execFileSync('lz4', args, { input: bytes() }).toString('base64') };
  }),
);
writeFileSync(new URL('lz4Frames.json', import.meta.url), `${JSON.stringify({ program, frames }, null, 1)}\n`);
