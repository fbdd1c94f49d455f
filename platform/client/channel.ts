import { setTimeout as sleep } from 'node:timers/promises';
import { type ChannelCredentials, type ChannelOptions, Client } from '@grpc/grpc-js';
import { meshHost } from '#platform/auth/workload.ts';
import type { WorkloadCertificate } from '#platform/auth/workload-certificate.ts';
import { unavailable } from '#platform/errors/refusal.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { Discovered, Discovery } from './discovery.ts';
import {
  OUTLIERS_OPTION,
  ROUND_ROBIN_WITHOUT_OUTLIERS,
  registerEjectingBalancer,
} from './ejecting-balancer.ts';
import { createOutliers, type Outliers } from './outliers.ts';

/** One channel under calls. */
export type Lease = { readonly client: Client; release(): void };

/** The way to one peer, which may be changed while calls are under way. */
export type PeerChannel = {
  /**
   * The channel to call over now; to be released when the call is over. Throws UNAVAILABLE when closed, without endpoint, or when
   * the mesh allows no more calls at once.
   */
  acquire(): Lease;
  /** Whether calls go by the mesh's rules now, so that it says which of them are made again. */
  underMesh(): boolean;
  /** Lets the calls under way end, and closes. */
  close(): void;
};

type Open = { readonly target: string; readonly client: Client; calls: number; retired: boolean };

registerEjectingBalancer();

const options: ChannelOptions = {
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
  'grpc.max_send_message_length': 4 * 1024 * 1024,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.service_config': ROUND_ROBIN_WITHOUT_OUTLIERS,
  'grpc.enable_channelz': 0,
};

const MESH_SCHEME = 'xds:';

/** How long a new channel may take to connect before it is tried afresh. */
const readyTimeoutMs = 10_000;

/**
 * The way to `peer` that discovery names: its listed addresses, or xDS. When that changes, the new channel is
 * connected first, then takes the new calls, and the old one is closed after its last call. No call is lost.
 */
export function createPeerChannel(
  peer: string,
  discovery: Discovery,
  certificate: WorkloadCertificate,
  log: Logger,
): PeerChannel {
  const credentials = certificate.client(peer);
  const policy = () => discovery.current().policies?.[peer];
  const outliers = createOutliers(() => policy()?.outliers, Date.now);
  let underWay = 0;
  let current: Open | undefined;
  let changing = false;
  let closed = false;

  function wanted(): string | undefined {
    return targetOf(peer, discovery.current());
  }

  function retire(open: Open | undefined): void {
    if (open !== undefined) {
      open.retired = true;
      closeIfIdle(open);
    }
  }

  async function follow(): Promise<void> {
    if (changing || closed || current === undefined) {
      return;
    }
    changing = true;
    try {
      for (
        let target = wanted();
        !closed && target !== undefined && target !== current?.target;
        target = wanted()
      ) {
        const next = await connect(target, peer, credentials, outliers);
        if (next === undefined) {
          log.warn({ peer, target }, 'the new way to a peer does not connect; calls go the old one');
          await sleep(1000, undefined, { ref: false });
        } else if (closed) {
          retire(next);
        } else {
          log.info({ peer, target }, 'calls go a new way');
          retire(current);
          current = next;
        }
      }
    } finally {
      changing = false;
    }
  }

  discovery.onChange(() => {
    follow().catch((error: unknown) => log.error({ err: error, peer }, 'the way to a peer was not changed'));
  });

  return {
    acquire: () => {
      if (closed || underWay >= (policy()?.mostCalls ?? Number.POSITIVE_INFINITY)) {
        throw unavailable();
      }
      if (current === undefined) {
        const target = wanted();
        if (target === undefined) {
          throw unavailable();
        }
        current = open(target, peer, credentials, outliers);
      }
      const leased = current;
      leased.calls += 1;
      underWay += 1;
      return {
        client: leased.client,
        release: () => {
          leased.calls -= 1;
          underWay -= 1;
          closeIfIdle(leased);
        },
      };
    },
    underMesh: () => current?.target.startsWith(MESH_SCHEME) ?? false,
    close: () => {
      closed = true;
      retire(current);
    },
  };
}

function targetOf(peer: string, discovered: Discovered): string | undefined {
  if (discovered.mode === 'xds') {
    return `${MESH_SCHEME}///${meshHost(peer)}:50051`;
  }
  const endpoints = discovered.endpoints[peer] ?? [];
  return endpoints.length === 0 ? undefined : `ipv4:${endpoints.join(',')}`;
}

function open(target: string, peer: string, credentials: ChannelCredentials, outliers: Outliers): Open {
  const client = new Client(target, credentials, {
    ...options,
    'grpc.ssl_target_name_override': meshHost(peer),
    [OUTLIERS_OPTION]: outliers,
  });
  return { target, client, calls: 0, retired: false };
}

async function connect(
  target: string,
  peer: string,
  credentials: ChannelCredentials,
  outliers: Outliers,
): Promise<Open | undefined> {
  const opened = open(target, peer, credentials, outliers);
  const ready = await new Promise<boolean>((resolve) => {
    opened.client.waitForReady(Date.now() + readyTimeoutMs, (error) => resolve(error === undefined));
  });
  if (!ready) {
    opened.client.close();
    return undefined;
  }
  return opened;
}

function closeIfIdle(open: Open): void {
  if (open.retired && open.calls === 0) {
    open.client.close();
  }
}
