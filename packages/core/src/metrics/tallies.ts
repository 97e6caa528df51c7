import { ClassesTally, classesSizes } from './classes.ts';
import { ConfusionTally, confusionSizes, YES_NO_CONFUSION_SIZES, YesNoConfusionTally } from './confusion.ts';
import { ErrorsTally, errorsSizes } from './errors.ts';
import { SCORES_SIZES, ScoresTally } from './scores.ts';
import type { Tally, TallySizes, TallySpec } from './tally.ts';
import { TOP_K_SIZES, TopKTally } from './topK.ts';
import { YesNoTally, yesNoSizes } from './yesNo.ts';

interface TallyKind<Spec extends TallySpec> {
  readonly sizes: (spec: Spec) => TallySizes;
  readonly create: (spec: Spec) => Tally;
}

/** How large the tallies of each kind are, and who counts for them. */
const KINDS: { readonly [Kind in TallySpec['kind']]: TallyKind<Extract<TallySpec, { readonly kind: Kind }>> } = {
  topK: { sizes: () => TOP_K_SIZES, create: (spec) => new TopKTally(spec) },
  yesNo: { sizes: yesNoSizes, create: (spec) => new YesNoTally(spec) },
  classes: { sizes: classesSizes, create: (spec) => new ClassesTally(spec) },
  confusion: { sizes: confusionSizes, create: (spec) => new ConfusionTally(spec) },
  yesNoConfusion: { sizes: () => YES_NO_CONFUSION_SIZES, create: (spec) => new YesNoConfusionTally(spec) },
  scores: { sizes: () => SCORES_SIZES, create: (spec) => new ScoresTally(spec) },
  errors: { sizes: errorsSizes, create: (spec) => new ErrorsTally(spec) },
};

function kindOf(spec: TallySpec): TallyKind<TallySpec> {
  return KINDS[spec.kind] as TallyKind<TallySpec>;
}

export function createTally(spec: TallySpec): Tally {
  return kindOf(spec).create(spec);
}

/** Where a tally's numbers begin among those of all. */
export interface PlacedTally {
  readonly spec: TallySpec;
  readonly sizes: TallySizes;
  /** Among the sums of a block of rows, and among the totals. */
  readonly sumsAt: number;
  /** Among the places of a row. */
  readonly placesOfRowAt: number;
  /** Among the totals, which have all sums in front. */
  readonly placesAt: number;
}

export interface TallyLayout {
  readonly tallies: readonly PlacedTally[];
  /** Of all tallies: sums of a block, places of a row, totals. */
  readonly sums: number;
  readonly placesOfRow: number;
  readonly totals: number;
}

/** Lays tallies one behind the other; for the plan, for threads, and for who reads the totals. */
export function layOutTallies(specs: readonly TallySpec[]): TallyLayout {
  const all = specs.map((spec) => ({ spec, sizes: kindOf(spec).sizes(spec) }));
  const sums = all.reduce((total, { sizes }) => total + sizes.sums, 0);
  let sumsAt = 0;
  let placesOfRow = 0;
  let totals = sums;
  const tallies: PlacedTally[] = [];
  for (const { spec, sizes } of all) {
    tallies.push({ spec, sizes, sumsAt, placesOfRowAt: placesOfRow, placesAt: totals });
    sumsAt += sizes.sums;
    placesOfRow += sizes.placesOfRow;
    totals += sizes.places;
  }
  return { tallies, sums, placesOfRow, totals };
}
