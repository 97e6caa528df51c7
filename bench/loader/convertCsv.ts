/**
 * One conversion of a CSV file, in processor time of all threads: reading, parsing, statistics, SHA-256, writing, garbage
 * collection. The process converts once, as `lockstep convert` does: compiling is part of it.
 */
import { convertCsv } from '@lockstep/arrow';
import { rmSync, statSync } from 'node:fs';
import type { CsvRequest } from './protocol.ts';
import { answer } from './timePasses.ts';

const { file } = JSON.parse(process.argv.at(-1)!) as CsvRequest;
const out = `${file}.converted`;
const begin = performance.now();
const processor = process.cpuUsage();
await convertCsv(file, out);
const { user, system } = process.cpuUsage(processor);
const wall = (performance.now() - begin) / 1e3;
rmSync(out, { recursive: true });
const { size } = statSync(file);
answer(size, [(user + system) / 1e3], `${(size / 1e6 / wall).toFixed(0)} MB/s of wall time`);
