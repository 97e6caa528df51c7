/** The codes of warnings, each with the sentence that docs/errors.md prints (a test keeps the two in step). */
export const WARNING_CODES = {
  LOCKSTEP_UNSCALED_FEATURES: 'Features far from ±1 that a dense layer takes as they are; in `history.notices` too.',
  LOCKSTEP_LEARNING_RATE:
    'A training that diverges or oscillates, with a learning rate to try; in `history.notices` too.',
  LOCKSTEP_FAST_DEV_RUN: 'A run with `fastDevRun` is none in earnest; in `history.notices` too.',
  LOCKSTEP_IDLE_CORES: 'Batches with rows for fewer threads than there are.',
  LOCKSTEP_THREAD_REPLACED: 'A thread that broke and was replaced; in `history.restarts` too.',
  LOCKSTEP_CHECKPOINT_FAILED: "A checkpoint that could not be written, with `onError: 'continue'`.",
  LOCKSTEP_CHECKPOINT_SKIPPED: 'A damaged checkpoint that a run which resumes has passed over.',
  LOCKSTEP_LAYER_CHANCE: "A user's layer or loss with a function whose last bit differs from machine to machine.",
  LOCKSTEP_KERNELS: 'Kernels that are slower than this machine should have.',
} as const;

export type WarningCode = keyof typeof WARNING_CODES;

/** A warning of the process: something that a user should know, though all goes on. */
export function warn(code: WarningCode, message: string, detail?: string): void {
  process.emitWarning(message, { type: 'LockstepWarning', code, ...(detail === undefined ? {} : { detail }) });
}
