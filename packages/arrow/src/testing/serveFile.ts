/** A program that serves the file of its first argument as `/train.arrow`, says where, and ends with its standard input. */
import { readFileSync } from 'node:fs';
import { startServer } from './rangeServer.ts';

const server = await startServer();
server.files.set('/train.arrow', { bytes: readFileSync(process.argv[2]), etag: '"one"' });
process.stdout.write(`${server.origin}/train.arrow\n`);
process.stdin.on('end', () => void server.close()).resume();
