/** What the person at the terminal can mend: shown without a stack. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
