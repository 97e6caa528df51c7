/**
 * 1437 → "1,437", for whole numbers. By hand, because `toLocaleString` loads the tables of all languages when it is first
 * called, which a run would wait for.
 */
export function formatCount(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Three digits of a number, for sentences: 0.0012345 → "0.00123". */
export function formatShort(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** 1536 → "1.5 KiB". */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
