/** Positions of the three float64 sums that a block of rows leaves: Σ weight·loss, Σ weight, Σ weight·correct. */
export const LOSS_SUMS = { loss: 0, weight: 1, correct: 2, count: 3 } as const;
