/** The longest time that Node's timers know, in milliseconds: 25 days. They call at once when it is to be longer. */
const LONGEST_MILLISECONDS = 2 ** 31 - 1;

/** Calls once after so many milliseconds, however many; returns what calls it off. */
export function callAfter(milliseconds: number, call: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (rest: number): void => {
    const part = Math.min(rest, LONGEST_MILLISECONDS);
    timer = setTimeout(() => (rest > part ? wait(rest - part) : call()), part);
  };
  wait(milliseconds);
  return () => clearTimeout(timer);
}

/** Calls again and again, every so many milliseconds, however many; returns what calls it off. */
export function callEvery(milliseconds: number, call: () => void): () => void {
  let cancel: () => void;
  const next = (): void => {
    cancel = callAfter(milliseconds, () => {
      next();
      call();
    });
  };
  next();
  return () => cancel();
}
