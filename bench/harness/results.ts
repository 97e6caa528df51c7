import type { Failure } from './child.ts';
import type { Spread } from './statistics.ts';

/** A peer with one setting in one case. */
export interface SettingResult {
  readonly setting: string;
  /** Null when it never answered. */
  readonly microseconds: Spread | null;
  readonly failure: Failure | null;
  /** Processes that answered, and steps or repetitions that they timed together. */
  readonly rounds: number;
  readonly steps: number;
  readonly note: string;
  /** The largest of its processes, in bytes. */
  readonly peakRss: number;
}

/** A peer in one case: its settings, and how Lockstep compares with the best of them. */
export interface PeerResult {
  readonly peer: string;
  readonly label: string;
  readonly version: string;
  readonly settings: readonly SettingResult[];
  /** The setting with the least minimum; null when none answered. */
  readonly best: string | null;
  readonly min: number | null;
  readonly median: number | null;
  /** Peer's time ÷ Lockstep's: how many times as fast Lockstep is. Of minima, and of medians. */
  readonly ratio: Spread | null;
}
