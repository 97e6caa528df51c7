import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES } from '@lockstep/core';

/**
 * Writes the table of codes into docs/errors.md from ERROR_CODES, and leaves the text around it alone:
 *   node --conditions=lockstep-source test/tools/writeErrors.ts
 */
const FILE = fileURLToPath(new URL('../../docs/errors.md', import.meta.url));

const TITLE = `# Errors

Every error that Lockstep raises on purpose is a \`LockstepError\` (the kernels, which stand below it, have
\`ERR_LOCKSTEP_KERNELS\`). Its \`code\` is stable; its message is for people and may change. The fields \`place\`, \`expected\`,
\`received\` and \`advice\` say where, what was expected, what came, and what to do next; \`cause\` holds the error behind it.
`;

/** Padded as oxfmt would. */
export function errorTable(): string {
  const rows = [
    ['Code', 'Meaning'],
    ...Object.entries(ERROR_CODES).map(([code, sentence]) => [`\`${code}\``, sentence]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((cells) => cells[column].length)));
  const lines = rows.map((cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return lines.join('\n');
}

if (process.argv[1] === import.meta.filename) {
  let text = `${TITLE}\n${errorTable()}\n`;
  try {
    // Replaced by a function, as a sentence may hold `$`.
    text = readFileSync(FILE, 'utf8').replace(/^\| Code.*(\n\|.*)*/m, () => errorTable());
  } catch {
    // Not there yet.
  }
  writeFileSync(FILE, text);
}
