import { EventEmitter, once } from 'node:events';

/** Who waits for an attempt to be worked on in this process, and is told. */
export type Worked = {
  tell(key: string): void;
  /** Resolves when the attempt was worked on, after `ms` at the latest, or when the signal is aborted. */
  wait(key: string, ms: number, signal: AbortSignal): Promise<void>;
};

/** A new one, for any number of waiters. */
export function createWorked(): Worked {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    tell: (key) => void emitter.emit(key),
    async wait(key, ms, signal) {
      const over = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
      try {
        await once(emitter, key, { signal: over });
      } catch (error) {
        if (!over.aborted) {
          throw error;
        }
      }
    },
  };
}
