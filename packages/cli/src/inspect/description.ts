/** What is known of a file, for programs and for people. */
export interface Description {
  /** Plain JSON. */
  readonly record: object;
  readonly text: string;
}
