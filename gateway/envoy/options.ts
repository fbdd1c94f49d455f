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
  /** A file of JSON lines. */
  readonly accessLogPath: string;
  /** Web pages that may call, as `https://shop.example`; those of Vite's servers on this machine by default. */
  readonly corsOrigins?: readonly string[];
};
