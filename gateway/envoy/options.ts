import type { VirtualService } from '../../mesh/manifest.ts';
import type { Limits } from './rate-limits.ts';

/** What the edge's configuration is rendered from, beside the contracts. */
export type EnvoyOptions = {
  /** The clone. The contracts are those of the tree that this module lies in. */
  readonly root?: string;
  /** Where clients connect, on loopback. */
  readonly edgePort: number;
  /** Envoy's own pages and metrics, on loopback. */
  readonly adminPort: number;
  readonly istiodGrpcPort: number;
  /** Where spans go; left out, nothing is traced. */
  readonly zipkinPort?: number;
  /** The share of requests traced, from 0 to 1; 1 by default. */
  readonly traceSampleRatio?: number;
  /**
   * The file of clusters, replaced by rename whenever it changes: `order` speaks gRPC, `user-http` plain HTTP, and so for
   * every service.
   */
  readonly clustersPath: string;
  /** The user service's keys, reached through the cluster `user-http`. */
  readonly jwksUrl: string;
  /** `https://id.shopverse.local` by default. */
  readonly jwtIssuer?: string;
  /** `shopverse` by default. */
  readonly jwtAudience?: string;
  /** How often somebody may call; LIMITS by default. */
  readonly limits?: Limits;
  /** Each limit is so many times as high. */
  readonly limitFactor?: number;
  /** Where the service listens that counts calls for all Envoys, on loopback; left out, each counts its own. */
  readonly rateLimitPort?: number;
  /** How long a call waits for that count, in milliseconds; 20 by default. */
  readonly rateLimitWaitMs?: number;
  /** How calls to services are led; without any, each goes to its service, and those that may be made again are, once. */
  readonly mesh?: readonly VirtualService[];
  /**
   * Where Envoy reads its listener and routes, so that they can be replaced while it runs; left out, they are fixed in the
   * bootstrap.
   */
  readonly live?: { readonly listenersPath: string; readonly routesPath: string };
  /** A file of JSON lines. */
  readonly accessLogPath: string;
  /** Web pages that may call, as `https://shop.example`; those of Vite's servers on this machine by default. */
  readonly corsOrigins?: readonly string[];
};
