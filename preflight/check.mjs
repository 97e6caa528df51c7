// Runs before `start`, `test` and the like, in plain JavaScript that any Node can read: when the install that pnpm does
// beforehand failed, pnpm only warns, and the script would run on the system's Node and fail far from the cause.
import { existsSync } from 'node:fs';

const WANTED = [22, 18];
const [major, minor] = process.versions.node.split('.').map(Number);
const installed = existsSync(new URL('../node_modules/vitest/package.json', import.meta.url));
const problems = [];

if (major < WANTED[0] || (major === WANTED[0] && minor < WANTED[1])) {
  problems.push(
    `Lockstep needs Node ${WANTED.join('.')} or newer, and this is ${process.version} (${process.execPath}).`,
    process.platform === 'linux'
      ? 'On Linux the workspace brings its own Node 24, so the install before this script has probably failed.'
      : 'On this system, install Node 24: the workspace brings its own on Linux only.',
  );
}
if (!installed) problems.push('The packages that Lockstep is built from are not installed.');

if (problems.length > 0) {
  problems.push('Run `npx -y pnpm@12 install` and read its errors: it needs the npm registry, or a filled pnpm store.');
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exit(1);
}
