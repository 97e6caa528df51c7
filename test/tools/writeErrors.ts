import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES, WARNING_CODES } from '@lockstep/core';

/**
 * Writes the tables of codes into docs/errors.md from ERROR_CODES and WARNING_CODES:
 *   node --conditions=lockstep-source test/tools/writeErrors.ts
 */
const FILE = fileURLToPath(new URL('../../docs/errors.md', import.meta.url));

const TITLE = `# Errors

Every error that Lockstep raises on purpose is a \`LockstepError\` (the kernels, which stand below it, have
\`ERR_LOCKSTEP_KERNELS\`). Its \`code\` is stable; its message is for people and may change. The fields \`place\`, \`expected\`,
\`received\` and \`advice\` say where, what was expected, what came, and what to do next; \`cause\` holds the error behind it.
`;

const WARNINGS = `## Warnings

What goes on all the same, and should be known, is a warning of the process, named \`LockstepWarning\`, with one of these codes:
\`process.on('warning', ({ code, message }) => …)\`.
`;

/** Padded as oxfmt would. */
export function codeTable(codes: Readonly<Record<string, string>>): string {
  const rows = [['Code', 'Meaning'], ...Object.entries(codes).map(([code, sentence]) => [`\`${code}\``, sentence])];
  const widths = [0, 1].map((column) => Math.max(...rows.map((cells) => cells[column].length)));
  const lines = rows.map((cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return lines.join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const tables = [codeTable(ERROR_CODES), codeTable(WARNING_CODES)];
  writeFileSync(FILE, [TITLE, tables[0], '', WARNINGS, tables[1], ''].join('\n'));
}
