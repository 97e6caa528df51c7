import * as v from 'valibot';

// What fit, evaluate and others have in common.

/** Seconds that a thread may stand still, and threads that are replaced in a run. */
export const DEFAULT_STEP_TIMEOUT = 60;
export const DEFAULT_RESTARTS = 3;

/** What is in the list is checked by createMetrics.ts. */
export const metricsSchema: v.GenericSchema<unknown[]> = v.array(
  v.unknown(),
  "metrics are a list such as ['accuracy']",
);
/** 'auto' or a whole number up to `maximum`. Every part says it all: a union speaks with the voice of the part that failed. */
const autoOr = (what: string, maximum: number): v.GenericSchema<number | 'auto'> => {
  const message = `${what} are 'auto' or a whole number from 1 to ${maximum}`;
  const count = v.pipe(v.number(message), v.integer(message), v.minValue(1, message), v.maxValue(maximum, message));
  return v.union([v.literal('auto'), count], message);
};
export const workersSchema: v.GenericSchema<number | 'auto'> = autoOr('Workers', 1024);
export const readersSchema: v.GenericSchema<number | 'auto'> = autoOr('Readers', 64);
export const shardsSchema: v.GenericSchema<number | 'auto'> = autoOr('Shards', 4096);
