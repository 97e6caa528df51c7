import { warn, type WarningCode } from '../warnings.ts';

/** Something that a user should know of a run that goes on all the same. */
export interface Notice {
  /** Stable; that of the process's warning. */
  readonly code: NoticeCode;
  readonly message: string;
}

export type NoticeCode = Extract<
  WarningCode,
  'LOCKSTEP_FAST_DEV_RUN' | 'LOCKSTEP_LEARNING_RATE' | 'LOCKSTEP_UNSCALED_FEATURES'
>;

/** Of one call of `fit`: each is a warning of the process, once, and stands in its history. */
export class Notices {
  readonly #all: Notice[] = [];
  readonly #tells: boolean;

  /** `tells` false: nobody is told; for runs whose end is meant to be bad. */
  constructor(tells = true) {
    this.#tells = tells;
  }

  get all(): readonly Notice[] {
    return this.#all;
  }

  add(code: NoticeCode, message: string): void {
    if (this.#all.some((notice) => notice.code === code)) return;
    this.#all.push({ code, message });
    if (this.#tells) warn(code, message);
  }
}
