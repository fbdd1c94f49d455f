import { connect } from 'node:net';

/** A machine whose processors are all taken answers late, not never. */
const TIMEOUT_MS = 3_000;

/** Whether something accepts connections there. */
export function accepts(port: number): Promise<boolean> {
  return converse(port, '', () => true);
}

/** Whether a page answers 2xx, and its text passes when a test is given. */
export async function answers(url: string, test?: (text: string) => boolean): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    return response.ok && (test?.(text) ?? true);
  } catch {
    return false; // not there yet, or not any more: that is the answer
  }
}

/** Whether a server says what is expected when it is told this. */
export function converse(
  port: number,
  words: string | Buffer,
  expected: (heard: string) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let heard = '';
    const finish = (verdict: boolean) => {
      socket.destroy();
      resolve(verdict);
    };
    socket.setTimeout(TIMEOUT_MS, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => resolve(false));
    socket.on('connect', () => (words.length === 0 ? finish(expected('')) : socket.write(words)));
    socket.on('data', (bytes) => {
      heard += bytes.toString();
      if (expected(heard)) finish(true);
    });
  });
}
