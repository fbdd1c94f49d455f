import type { Line, MemoryConnection } from '../memory/connection.ts';
import type { MemoryServer } from '../memory/server.ts';
import { currentLife, type ServiceName, world } from './world.ts';

/** The database of a `memory:` URL, as the running process reaches it outside of its pool. */
export function lineTo(url: string): {
  readonly server: MemoryServer;
  readonly line: Line;
  readonly register: (connection: MemoryConnection) => void;
} {
  const life = currentLife();
  if (life === undefined) {
    throw new Error(`Nobody asks for ${url}`);
  }
  const server = world().servers[url.slice('memory:'.length) as ServiceName];
  return {
    server,
    line: world().lineFrom(life, server),
    register: (connection) => life.connections.add(connection),
  };
}
