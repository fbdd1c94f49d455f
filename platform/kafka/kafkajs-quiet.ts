import { createRequire } from 'node:module';

/** The part of kafkajs 2.2.4's request queue that matters here. */
type RequestQueue = {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
};

const CHECK_MS = 10;

/**
 * Keeps kafkajs from spinning. After a connection's first answer its request queue looks for pending requests every
 * millisecond for ever, as a queue that isn't throttled computes a negative delay; with some connections a process
 * that is a tenth of a core spent on nothing. The queue then needs a look only when something is pending: answers
 * trigger one themselves. Throws when kafkajs isn't built as known.
 */
export function quietKafkajs(): void {
  const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js');
  if (typeof queue?.prototype?.scheduleCheckPendingRequests !== 'function') {
    throw new Error('kafkajs has another request queue than 2.2.4; see whether it still spins.');
  }
  queue.prototype.scheduleCheckPendingRequests = function schedule(this: RequestQueue): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) {
      return;
    }
    const throttled = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      Math.max(throttled, CHECK_MS),
    );
  };
}
