import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const version = 'v0.203.0';
const buildTimeoutMs = 10 * 60 * 1000;

/** Stripe's own mock, running: it checks each request against Stripe's OpenAPI description. */
export type StripeMock = {
  readonly url: URL;
  /** Each request so far with the status that it was answered with, such as `POST /v1/refunds 200`. */
  readonly seen: readonly string[];
  stop(): Promise<void>;
};

/** Where the binary is, built once a machine into the cache; or the reason why there is none. */
export async function stripeMockBinary(): Promise<{ readonly path: string } | { readonly missing: string }> {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'shopverse', `stripe-mock-${version}`);
  const path = join(folder, 'stripe-mock');
  try {
    await access(path);
    return { path };
  } catch {
    // Not built yet on this machine.
  }
  try {
    await mkdir(folder, { recursive: true });
    await promisify(execFile)('go', ['install', `github.com/stripe/stripe-mock@${version}`], {
      env: { ...process.env, GOBIN: folder, CGO_ENABLED: '0' },
      timeout: buildTimeoutMs,
    });
    return { path };
  } catch (error) {
    return { missing: `stripe-mock can't be built here: ${(error as Error).message.split('\n')[0]}` };
  }
}

/** Starts it on a free port of loopback. */
export async function startStripeMock(path: string): Promise<StripeMock> {
  const child = spawn(path, ['-http-addr', '127.0.0.1:0', '-https-addr', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const seen: string[] = [];
  let request = '';
  const url = await new Promise<URL>((resolve, reject) => {
    child.once('exit', () => reject(new Error('stripe-mock ended before it was listening')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, address] = /^Listening for HTTP at address: (.*)$/.exec(line) ?? [];
      if (address !== undefined) {
        resolve(new URL(`http://${address}`));
      }
      const [, asked] = /^Request: (\S+ \S+)/.exec(line) ?? [];
      request = asked?.split('?')[0] ?? request;
      const [, status] = /^Response: .*status=(\d+)/.exec(line) ?? [];
      if (status !== undefined) {
        seen.push(`${request} ${status}`);
      }
    });
  });
  return { url, seen, stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
