import type { KernelTable } from '@lockstep/kernels/thread';
import { createTally, layOutTallies, type PlacedTally } from '../metrics/tallies.ts';
import type { Tally, TallyRows } from '../metrics/tally.ts';
import type { Plan, PlannedTallies } from '../plan/plan.ts';
import { blocksOf } from '../plan/rowRanges.ts';
import { slotViews } from './batchSlots.ts';
import { Program, VARIABLE } from './program.ts';
import { StepState } from './stepState.ts';
import type { StepBatch } from './stepSums.ts';

interface CountingTally extends PlacedTally {
  readonly tally: Tally;
}

/**
 * Counts the rows of a batch for metrics. Threads leave what they have counted of a block of rows in memory of that block,
 * so that a range can be done again; one thread adds it all, in the order of blocks and rows, to the totals that steps carry
 * on. The methods allocate nothing.
 */
export class RowTallies {
  readonly #tallies: readonly CountingTally[];
  readonly #planned: PlannedTallies;
  readonly #activation: Program;
  readonly #slots: readonly TallyRows[];
  readonly #sums: Float64Array;
  readonly #sumCount: number;
  readonly #places: Int32Array;
  readonly #placesOfRow: number;
  readonly #state: StepState;

  constructor(plan: Plan, planned: PlannedTallies, kernels: KernelTable, buffer: ArrayBufferLike) {
    const { tallies, sums, placesOfRow } = layOutTallies(planned.specs);
    const { batchSize, output } = plan;
    this.#planned = planned;
    this.#tallies = tallies.map((placed) => ({ ...placed, tally: createTally(placed.spec) }));
    this.#activation = new Program(planned.calls, kernels);
    // Rows of the last output lie close together.
    const matrix = (address: number): Float32Array => new Float32Array(buffer, address, batchSize * output.columns);
    const outputs = { output: matrix(output.address), activated: matrix(planned.activated.address) };
    this.#slots = slotViews(buffer, plan.slots, batchSize).map(({ classLabels, valueLabels, sampleWeights }) => ({
      ...{ ...outputs, classLabels, valueLabels, sampleWeights },
    }));
    this.#sumCount = sums;
    this.#sums = new Float64Array(buffer, planned.sums, blocksOf(batchSize) * sums);
    this.#placesOfRow = placesOfRow;
    this.#places = new Int32Array(buffer, planned.places, batchSize * placesOfRow);
    this.#state = new StepState(plan, buffer);
  }

  /** Of a range of rows: probabilities, where something is counted of them. */
  activate(variables: Int32Array): void {
    this.#activation.run(variables);
  }

  /** Of a block of rows whose outputs are there. */
  count(variables: Int32Array): void {
    const rows = this.#slots[variables[VARIABLE.slot]];
    const first = variables[VARIABLE.start];
    const end = first + variables[VARIABLE.rows];
    const blockSums = variables[VARIABLE.rowBlock] * this.#sumCount;
    for (let i = 0; i < this.#tallies.length; i++) {
      const { tally, sizes, sumsAt, placesOfRowAt } = this.#tallies[i];
      if (sizes.sums > 0) tally.sumRows(rows, first, end, this.#sums, blockSums + sumsAt);
      if (sizes.placesOfRow === 0) continue;
      for (let row = first; row < end; row++) {
        tally.placeRow(rows, row, this.#places, row * this.#placesOfRow + placesOfRowAt);
      }
    }
  }

  /** By one thread, when all rows are counted and the rest of the step's state has been written: adds them to the totals. */
  finish({ sequence, rows }: StepBatch, slot: number, training: boolean): void {
    const totals = this.#state.after(sequence);
    const at = training ? this.#planned.train : this.#planned.evaluate;
    const end = blocksOf(rows) * this.#sumCount;
    for (let block = 0; block < end; block += this.#sumCount) {
      for (let i = 0; i < this.#sumCount; i++) totals[at + i] += this.#sums[block + i];
    }
    const weights = this.#slots[slot].sampleWeights;
    for (let i = 0; i < this.#tallies.length; i++) {
      const { sizes, placesOfRowAt, placesAt } = this.#tallies[i];
      for (let one = 0; one < sizes.placesOfRow; one++) {
        for (let row = 0; row < rows; row++) {
          const place = this.#places[row * this.#placesOfRow + placesOfRowAt + one];
          if (place >= 0) totals[at + placesAt + place] += weights[row];
        }
      }
    }
  }
}

/** null where the plan counts nothing. */
export function createRowTallies(plan: Plan, kernels: KernelTable, buffer: ArrayBufferLike): RowTallies | null {
  return plan.tallies === null ? null : new RowTallies(plan, plan.tallies, kernels, buffer);
}
