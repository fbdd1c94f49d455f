/** A bell that wakes one sleeper at once; a ring that nobody waits for is kept for the next. */
export type Bell = {
  ring(): void;
  /** Resolves at the next ring, after `ms`, or when the signal is aborted, whichever is first. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
};

/** A new bell, for one sleeper. */
export function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (rung || signal.aborted) {
          rung = false;
          resolve();
          return;
        }
        const timer = setTimeout(done, ms);
        signal.addEventListener('abort', done, { once: true });
        wake = done;
        function done() {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          wake = undefined;
          rung = false;
          resolve();
        }
      }),
  };
}
