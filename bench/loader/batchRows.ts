/** Rows of the batches that the part asks for. */
export const BATCH_ROWS = 256;
