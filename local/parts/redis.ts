import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../files.ts';
import { located } from '../install/programs.ts';
import { OWNERS } from '../services/catalogue.ts';
import { converse } from '../supervisor/probes.ts';
import type { Part, Site, SystemProgram } from './part.ts';

const REDIS: SystemProgram = { program: 'redis-server', package: 'redis-server' };

/** Where a service, or the administrator ("default"), connects. A service reaches only keys that start with its name and a colon. */
export function redisUrl(site: Site, user: string): string {
  return `redis://${user}:${site.secrets(`redis/${user}`)}@127.0.0.1:${site.stack.ports.redis}`;
}

/** Redis 7: a cache that may be emptied at any time; it is kept over a restart only to stay warm. */
export const redis: Part = {
  name: 'redis',
  programs: [REDIS],
  units: (site) => {
    const home = join(site.stack.state, 'redis');
    const password = site.secrets('redis/default');
    const writeUsers = () => {
      const users = renderAcl([...OWNERS, 'ratelimit'], (user) => site.secrets(`redis/${user}`));
      writeAtomically(join(home, 'users.acl'), users, 0o600);
    };
    return [
      {
        name: 'redis',
        version: '7.0',
        port: site.stack.ports.redis,
        needs: [],
        command: { file: located(REDIS), args: [join(home, 'redis.conf')], cwd: home },
        prepare: async () => {
          mkdirSync(home, { recursive: true });
          chmodSync(home, 0o700);
          writeUsers();
          writeAtomically(join(home, 'redis.conf'), renderConfig(home, site.stack.ports.redis), 0o600);
        },
        // A Redis that was running before somebody new was given a name takes them in without a restart.
        settle: async () => {
          writeUsers();
          const command = `AUTH ${password}\r\nACL LOAD\r\n`;
          const loaded = await converse(site.stack.ports.redis, command, (heard) =>
            heard.includes('+OK\r\n+OK'),
          );
          if (!loaded) throw new Error('Redis did not load its users.');
        },
        ready: () =>
          converse(site.stack.ports.redis, `AUTH ${password}\r\nPING\r\n`, (heard) =>
            heard.includes('+PONG'),
          ),
      },
    ];
  },
};

/** redis.conf. */
export function renderConfig(home: string, port: number): string {
  return `bind 127.0.0.1
port ${port}
dir ${home}
aclfile ${join(home, 'users.acl')}
daemonize no
maxmemory 64mb
maxmemory-policy allkeys-lru
appendonly yes
appendfsync everysec
save ""
`;
}

/** The access list: an administrator, and a user a service that sees its own keys and channels only. */
export function renderAcl(services: readonly string[], password: (user: string) => string): string {
  const administrator = `user default on >${password('default')} ~* &* +@all`;
  const users = services.map(
    (service) =>
      `user ${service} on >${password(service)} ~${service}:* &${service}:* +@all -@admin -@dangerous +info`,
  );
  return `${[administrator, ...users].join('\n')}\n`;
}
