/** What the runs of a session have reached, by name and how often. */
export type Counts = Readonly<Record<string, number>>;

/** Counts what is reached: edges of the saga, failpoints passed, and those where a process died. */
export class Coverage {
  readonly edges: Record<string, number> = {};
  readonly passes: Record<string, number> = {};
  readonly crashes: Record<string, number> = {};
  readonly ends: Record<string, number> = {};
  readonly faults: Record<string, number> = {};

  edge(name: string): void {
    add(this.edges, name);
  }

  pass(point: string): void {
    add(this.passes, point);
  }

  crash(point: string): void {
    add(this.crashes, point);
  }

  /** The state that an order came to rest in. */
  end(state: string): void {
    add(this.ends, state);
  }

  fault(name: string): void {
    add(this.faults, name);
  }

  /** Adds what another session has reached. */
  include(other: {
    readonly edges: Counts;
    readonly passes: Counts;
    readonly crashes: Counts;
    readonly ends: Counts;
    readonly faults: Counts;
  }): void {
    for (const kind of ['edges', 'passes', 'crashes', 'ends', 'faults'] as const) {
      for (const [name, count] of Object.entries(other[kind])) {
        add(this[kind], name, count);
      }
    }
  }
}

function add(counts: Record<string, number>, name: string, count = 1): void {
  counts[name] = (counts[name] ?? 0) + count;
}
