import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { resumeCommand } from './resumeCommand.ts';

it('is as short as it can be written from here', () => {
  expect(resumeCommand('digits.config.ts', resolve('runs/a'))).toBe('lockstep train digits.config.ts --resume runs/a');
});

it('quotes what a shell would take apart', () => {
  expect(resumeCommand("it's.ts", '/elsewhere/a run')).toBe(
    String.raw`lockstep train 'it'\''s.ts' --resume '/elsewhere/a run'`,
  );
});
