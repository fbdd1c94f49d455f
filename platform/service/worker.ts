/**
 * A loop that a service runs beside its RPCs. `run` is called once the service is up, and again, after a backoff,
 * whenever it throws or returns before `signal` is aborted. It must return soon after the abort.
 */
export type Worker = {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
};
