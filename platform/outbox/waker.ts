/** Lets a loop sleep until it is woken, or some time has passed. A wake that comes while it is awake isn't lost. */
export class Waker {
  #pending = false;
  #resume: (() => void) | undefined;

  /** Aborting `signal` wakes as well. */
  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  wake(): void {
    this.#pending = true;
    this.#resume?.();
  }

  /** Resolves to whether it was woken, after at most `ms`. */
  wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#resume = undefined;
        const woken = this.#pending;
        this.#pending = false;
        resolve(woken);
      };
      const timer = setTimeout(end, ms);
      this.#resume = end;
      if (this.#pending) {
        end();
      }
    });
  }
}
