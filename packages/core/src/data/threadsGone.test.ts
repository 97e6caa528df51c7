import { expect, test } from 'vitest';
import { threadIsGone, whenThreadIsGone } from './threadsGone.ts';

test('who listens hears that a thread is gone, also when it is gone already', () => {
  const heard: string[] = [];
  whenThreadIsGone(-1, () => void heard.push('before'));
  whenThreadIsGone(-1, () => void heard.push('never'))();
  whenThreadIsGone(-2, () => void heard.push('another'));
  threadIsGone(-1);
  expect(heard).toEqual(['before']);
  whenThreadIsGone(-1, () => void heard.push('behind'))();
  expect(heard).toEqual(['before', 'behind']);
});
