/** Longest text of a file that is shown. */
const LONGEST = 60;

/** A text of a file for a terminal: without what could move the cursor or change colours, and never long. */
export function printable(text: string): string {
  const plain = text.replaceAll(/\p{Cc}/gu, '\u{FFFD}');
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST - 1)}…` : plain;
}
