/**
 * The digits example, but it stops after its first training step and prints when that was done, in milliseconds since
 * 1970: the clock that the process around it has too.
 */
import { defineConfig, type LockstepConfig } from 'lockstep';

const example = new URL('../../examples/digits/digits.config.ts', import.meta.url).href;
const { default: digits } = (await import(example)) as { default: LockstepConfig };

let firstStep = 0;
// The last line that the process prints, behind the command's own.
process.once('exit', () => console.log(JSON.stringify({ firstStep })));

const noteFirstStep = {
  onEpochEnd: (): void => {
    firstStep = performance.timeOrigin + performance.now();
  },
};

// What `lockstep train` loads.
// oxlint-disable-next-line import/no-default-export
export default defineConfig({
  ...digits,
  fit: { ...digits.fit, epochs: 1, maxSteps: 1, callbacks: [noteFirstStep] },
});
