/** What a scan goes through, and what it counts. */
import type { SelectedColumn } from '../layout/columns.ts';
import type { Category } from '../layout/request.ts';
import type { ScanCodes } from './scanCodes.ts';
import type { ScannedFiles } from './tiles.ts';

/** Rows of all files, by what became of them. */
export interface RowCounts {
  inFiles: number;
  filtered: number;
  /** Left out because of `onBadRecord: 'skip'`. */
  skipped: number;
}

export interface Files extends ScannedFiles {
  readonly columns: readonly SelectedColumn[];
  /** The values of each dictionary. */
  readonly dictionaries: readonly (readonly Category[])[];
  readonly codes: ScanCodes;
}
