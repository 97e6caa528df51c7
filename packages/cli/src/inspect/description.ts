/** What is known of a file, for programs and for people. */
export interface Description {
  /** Plain JSON. */
  readonly record: object;
  readonly text: string;
}

/** What costs a reading of all of the data, and is done only when it is asked for. */
export interface InspectOptions {
  /** Of converted data: compare every byte with the checksums. */
  readonly checksums: boolean;
  /** Of an Arrow file: statistics of its numbers. */
  readonly statistics: boolean;
}
