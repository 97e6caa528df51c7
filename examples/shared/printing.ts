import { formatSeconds, type History } from '@lockstep/core';

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A name, and what is told of it. */
export function printRow(name: string, value: string): void {
  print(`${name.padEnd(15)}${value}`);
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** The last two lines of every example: how long it took, and the weights' hash. */
export function printTraining({ seconds, steps, samplesPerSecond, workers, weightsHash }: History): void {
  const speed = `${plural(steps, 'step')}, ${count(samplesPerSecond)} samples/s, ${plural(workers, 'worker')}`;
  printRow('training', `${formatSeconds(seconds)}  ${speed}`);
  printRow('weights', `SHA-256 ${weightsHash}`);
}

function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
