/**
 * Counts of values by upper bound. Here rather than prom-client's, whose every observation hashes all labels again:
 * with Istio's twenty labels that would cost a call more than its interceptors together.
 */
export type Histogram = {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  sum: number;
  count: number;
};

/** An empty histogram. `bounds` are inclusive upper bounds in rising order, without infinity. */
export function createHistogram(bounds: readonly number[]): Histogram {
  return { bounds, counts: new Float64Array(bounds.length), sum: 0, count: 0 };
}

/** Counts one value. */
export function observe(histogram: Histogram, value: number): void {
  histogram.sum += value;
  histogram.count += 1;
  const bucket = histogram.bounds.findIndex((bound) => value <= bound);
  if (bucket >= 0) {
    histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
  }
}

/** A histogram's lines in Prometheus' text format. `labels` is a label list without braces. */
export function histogramText(name: string, labels: string, histogram: Histogram): string {
  let cumulative = 0;
  const lines = histogram.bounds.map((bound, index) => {
    cumulative += histogram.counts[index] ?? 0;
    return `${name}_bucket{${labels},le="${bound}"} ${cumulative}\n`;
  });
  return (
    lines.join('') +
    `${name}_bucket{${labels},le="+Inf"} ${histogram.count}\n` +
    `${name}_sum{${labels}} ${histogram.sum}\n${name}_count{${labels}} ${histogram.count}\n`
  );
}

/** A label list in Prometheus' text format, without braces. */
export function labelText(labels: Readonly<Record<string, string | number>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${String(value).replace(/[\\"\n]/g, escapeLabel)}"`)
    .join(',');
}

function escapeLabel(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}
