import type { Consumer } from '#platform/consumer/consumer.ts';
import type { Database } from '#platform/db/database.ts';
import type { RpcBinding } from '#platform/rpc/bind.ts';
import type { FrontListener } from './front-server.ts';
import type { HttpHandler } from './http-handler.ts';
import type { Worker } from './worker.ts';

/** A service as data: what it serves, consumes and runs. */
export type Service = {
  readonly rpc: readonly RpcBinding[];
  /** Turns on the outbox relay, the dead-letter RPCs and readiness by the database. */
  // biome-ignore lint/suspicious/noExplicitAny: the kernel uses its own tables only.
  readonly database?: Database<any>;
  readonly consumers?: readonly Consumer[];
  readonly workers?: readonly Worker[];
  /** By method and path, such as `GET /.well-known/jwks.json`. */
  readonly routes?: Readonly<Record<string, HttpHandler>>;
  /** Answers what the edge hands over as plain HTTP, on FRONT_PORT, with no context or span around it. */
  readonly front?: FrontListener;
  /** Awaited before the service is ready. */
  readonly warm?: () => Promise<void>;
  /** Awaited after the last call and message, before the database is closed. */
  readonly close?: () => Promise<void>;
};
