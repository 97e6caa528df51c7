import { LockstepError } from '@lockstep/core/source';

/** `train.arrow, record batch 3, column "pixels"`: the parts of a place from the outside in. */
export function place(file: string, ...parts: readonly (string | undefined)[]): string {
  return [file, ...parts.filter((part) => part !== undefined)].join(', ');
}

export interface Finding {
  readonly place: string;
  readonly expected: string;
  readonly received: string;
  readonly advice?: string;
  readonly cause?: unknown;
}

/** The file contradicts itself or its format. */
export function invalidFile(finding: Finding): LockstepError {
  return new LockstepError('FILE_INVALID', {
    advice: 'The file is damaged, cut short or still being written; write it again.',
    ...finding,
  });
}

/** The file is not the one that was described when the dataset was made. */
export function changedFile(finding: Finding): LockstepError {
  return new LockstepError('FILE_CHANGED', {
    advice: 'Do not write to files that are being trained on; make the dataset again.',
    ...finding,
  });
}

/** The file is sound, and of a kind that cannot be read. */
export function unsupportedFile(finding: Finding & { readonly advice: string }): LockstepError {
  return new LockstepError('UNSUPPORTED', finding);
}
