import { escape } from './escape.ts';

/** The first cell of each row is its heading; the others are numbers. */
export function htmlTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = header.map((title) => `<th scope="col">${escape(title)}</th>`).join('');
  const body = rows.map(([first, ...cells]) => {
    const values = cells.map((cell) => `<td>${escape(cell)}</td>`).join('');
    return `<tr><th scope="row">${escape(first)}</th>${values}</tr>`;
  });
  return `<div class="wide"><table><thead><tr>${head}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}
