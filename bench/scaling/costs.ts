/** What the parts of a step cost, in microseconds; `fit.ts` gets them from measurements, docs/scaling.md explains them. */
export interface StepCosts {
  /** One kernel call in a range of rows: arguments, checks, the edges of its tiles. */
  readonly rangeCall: number;
  /** One row's loss, its softmax and the gradient of it. */
  readonly row: number;
  /** One operation of the products with weights, forward and backward, in whole tiles. */
  readonly operation: number;

  /** One kernel call in a unit. */
  readonly unitCall: number;
  /** One operation of the products that give gradients of weights. */
  readonly gradientOperation: number;
  /** Updating and packing one parameter; and what is added when parameters and their state outgrow the shared cache. */
  readonly parameter: number;
  readonly farParameter: number;

  /** Gathering one row's features, and one byte of them. */
  readonly gatherRow: number;
  readonly gatherByte: number;
  /** What the loader does for a batch, and for each of its rows, when threads gather features themselves. */
  readonly orderBatch: number;
  readonly orderRow: number;

  /** By one thread, between the phases: scalars of the optimizer, and the sums of one block of rows. */
  readonly finish: number;
  readonly finishBlock: number;

  /** What a step costs besides, on every thread: control words, the cursor, the calls of JavaScript. */
  readonly step: number;
  /** A contended word goes from one core to another: a claim, an arrival, the sight of a release. */
  readonly transfer: number;
  /** A byte that another core has written since this one last read it: fetched from that core's cache. */
  readonly fetchedByte: number;
  /** How long a thread looks at the barrier before it sleeps. */
  readonly spin: number;
  /** Waking one sleeper, for who wakes; and until the sleeper runs. */
  readonly wakeCall: number;
  readonly wakeLatency: number;
}

/** The machine that steps run on, as far as it decides their time. */
export interface ScalingMachine {
  readonly cores: number;
  /** Cores that share a last-level cache, and its bytes. */
  readonly coresPerCache: number;
  readonly cacheBytes: number;
  /** Bytes a microsecond between the caches and memory, for all cores together. */
  readonly bandwidth: number;
}

/** Whole steps of a training as `fit` runs them: microseconds. */
export interface MeasuredStep {
  readonly sizes: readonly number[];
  readonly batchSize: number;
  readonly workers: number;
  readonly min: number;
  readonly median: number;
}
