import { type ErrorCode, LockstepError } from '@lockstep/core';
import { expect, test } from 'vitest';

/** What a mistake is answered with; texts are matched as parts. */
export interface Answer {
  readonly code: ErrorCode;
  readonly place: string;
  readonly expected?: string;
  readonly received?: string;
  readonly advice?: string;
}

export interface Mistake {
  readonly title: string;
  readonly make: () => unknown;
  readonly answer: Answer;
}

/** The answer to a wrong option. */
export function option(place: string, more: Partial<Answer> = {}): Answer {
  return { code: 'INVALID_OPTION', place, ...more };
}

/** One test for each: the mistake is answered with a code, a place, what was expected, what came, and what to do. */
export function testMistakes(mistakes: readonly Mistake[]): void {
  test.each(mistakes)('$title', async ({ make, answer }) => {
    const error = await raised(make);
    expect(error).toBeInstanceOf(LockstepError);
    const { code, place, expected, received, advice, message } = error as LockstepError;
    expect({ code, place }).toEqual({ code: answer.code, place: answer.place });
    expect(expected).toContain(answer.expected ?? '');
    expect(received).toContain(answer.received ?? '');
    expect(advice).toContain(answer.advice ?? '');
    for (const part of [place, expected, received, advice, code]) expect(part).not.toBe('');
    expect(message).toBe(`${place}: expected ${expected}, received ${received}. ${advice} [${code}]`);
  });
}

/** What a call throws or rejects with; null when it does neither. */
export async function raised(make: () => unknown): Promise<unknown> {
  try {
    await make();
  } catch (error) {
    return error;
  }
  return null;
}
