/** One line of a benchmark: what was reached, beside what this machine can do at that moment and what is asked for. */
export interface BenchRow {
  /** Part of the product: `log`, `collector`, `transform`, ... */
  readonly stage: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The same work with nothing of ours in between, measured in the same run, in the same unit. */
  readonly limit: number;
  readonly limitWhat: string;
  /** 1 = as good as the limit, less = worse: `value / limit` for rates, `limit / value` for durations. */
  readonly ratio: number;
  /** What is asked for, in words. */
  readonly bar: string;
  readonly met: boolean;
}

/** The middle of some figures; `NaN` of none. */
export function toMedian(figures: readonly number[]): number {
  const ordered = figures.toSorted((a, b) => a - b);
  const middle = ordered.length / 2;
  const [low, high] = [ordered[Math.ceil(middle) - 1], ordered[Math.floor(middle)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}
