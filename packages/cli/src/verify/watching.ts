import { type Callback, progressLine } from '@lockstep/core';
import { notice } from '../train/notices.ts';

/** Shows on a terminal what is being computed again, and how far it is; nothing elsewhere. */
export function watching(what: string): Callback[] {
  if (!process.stderr.isTTY) return [];
  const { onProgress, onTrainEnd } = progressLine(process.stderr);
  return [
    {
      onTrainBegin: () => notice(`computing again: ${what}`),
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(onTrainEnd === undefined ? {} : { onTrainEnd }),
    },
  ];
}
