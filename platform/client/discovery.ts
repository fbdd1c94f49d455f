import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import type { Logger } from '#platform/log/logger.ts';

const schema = z.object({
  mode: z.enum(['static', 'xds']),
  endpoints: z.record(z.string(), z.array(z.string())),
  /** By peer, what of a DestinationRule no control plane tells a proxyless client. */
  policies: z
    .record(
      z.string(),
      z.object({
        /** Of this process, at once. */
        mostCalls: z.int().positive().optional(),
        outliers: z
          .object({
            errorsInARow: z.int().positive(),
            ejectionMs: z.int().positive(),
            mostPercent: z.number().min(0).max(100),
          })
          .optional(),
      }),
    )
    .optional(),
});

/** Where peers are: at listed addresses (`127.0.0.1:port`), or wherever the mesh's control plane says. */
export type Discovered = z.infer<typeof schema>;

/** The discovery file as it is now, and word of its changes. */
export type Discovery = {
  current(): Discovered;
  /** Calls `listener` after each change. */
  onChange(listener: () => void): void;
  stop(): void;
};

/**
 * Reads the discovery file and follows it. Rejects when it can't be read at first; one that becomes unreadable later
 * is logged, and the last good one holds.
 */
export async function followDiscovery(path: string, log: Logger): Promise<Discovery> {
  let text = await readFile(path, 'utf8');
  let discovered = await parse(text);
  const listeners: (() => void)[] = [];

  async function follow(): Promise<void> {
    try {
      const newer = await readFile(path, 'utf8');
      if (newer !== text) {
        text = newer;
        discovered = await parse(newer);
        for (const listener of listeners) {
          listener();
        }
      }
    } catch (error) {
      log.warn({ err: error }, 'the discovery file is not readable, the last one holds');
    }
  }

  let following = Promise.resolve();
  const reread = () => {
    // One after the other: of two readings at once the older could win.
    following = following.then(follow);
  };

  // The directory, because the file is replaced by renaming and its old inode would be watched for ever.
  const watcher: FSWatcher = watch(dirname(path), { persistent: false }, (_event, name) => {
    if (name === null || name === basename(path)) {
      reread();
    }
  });
  watcher.on('error', (error) => log.warn({ err: error }, 'the discovery file is read on a timer only'));
  // A notification may be lost; a stale list of peers must not last.
  const timer = setInterval(reread, 5000).unref();

  return {
    current: () => discovered,
    onChange: (listener) => {
      listeners.push(listener);
    },
    stop: () => {
      clearInterval(timer);
      watcher.close();
    },
  };
}

async function parse(text: string): Promise<Discovered> {
  const discovered = schema.parse(JSON.parse(text));
  if (discovered.mode === 'xds') {
    // Tens of megabytes, which a process does without as long as its peers are listed.
    const xds = await import('@grpc/grpc-js-xds');
    xds.register();
  }
  return discovered;
}
