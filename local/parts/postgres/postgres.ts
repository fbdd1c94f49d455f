import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { located } from '../../install/programs.ts';
import { run } from '../../install/run.ts';
import { OWNERS } from '../../services/catalogue.ts';
import { converse } from '../../supervisor/probes.ts';
import type { Part, Site, SystemProgram } from '../part.ts';
import { owner, postgresHome } from './home.ts';
import { declareDatabases } from './roles.ts';

const BIN = '/usr/lib/postgresql/15/bin';
const POSTGRES: SystemProgram = { program: 'postgres', package: 'postgresql-15', places: [BIN] };
/** In bytes, by Linux's sockaddr_un. */
const LONGEST_SOCKET_PATH = 107;
/** The protocol's version in its first message: 3.0. */
const PROTOCOL_3 = 3 << 16;
const INITDB: SystemProgram = { program: 'initdb', package: 'postgresql-15', places: [BIN] };

/** Where the superuser connects. */
export function adminUrl(site: Site): string {
  const password = site.secrets('postgres/postgres');
  return `postgres://postgres:${password}@127.0.0.1:${site.stack.ports.postgres}/postgres`;
}

/**
 * Where a service connects: its own database, under its own role. Over Postgres's Unix socket, which costs both sides a
 * third less than TCP, unless the state lies so deep that the socket's path would be too long.
 */
export function databaseUrl(site: Site, service: string): string {
  const password = site.secrets(`postgres/${service}`);
  const { port, socket } = { port: site.stack.ports.postgres, socket: postgresHome(site.stack) };
  const tcp = `postgres://${service}:${password}@127.0.0.1:${port}/${service}`;
  const fits = Buffer.byteLength(`${socket}/.s.PGSQL.${port}`) <= LONGEST_SOCKET_PATH;
  return fits ? `${tcp}?host=${encodeURIComponent(socket)}` : tcp;
}

/** Postgres 15: one database and one role a service. */
export const postgres: Part = {
  name: 'postgres',
  programs: [POSTGRES, INITDB],
  units: (site) => {
    const home = postgresHome(site.stack);
    const data = join(home, 'data');
    return [
      {
        name: 'postgres',
        version: '15',
        port: site.stack.ports.postgres,
        needs: [],
        command: {
          file: located(POSTGRES),
          args: [
            '-D',
            data,
            ...Object.entries(settings(site, home)).flatMap(([k, v]) => ['-c', `${k}=${v}`]),
          ],
          cwd: home,
          env: { LC_ALL: 'C.UTF-8', TZ: 'UTC' },
          ...owner(),
        },
        prepare: () => prepare(site, home, data),
        ready: () => isServing(site.stack.ports.postgres),
        settle: () => declareDatabases(adminUrl(site), OWNERS, (name) => site.secrets(`postgres/${name}`)),
        graceMs: 20_000,
      },
    ];
  },
};

function settings(site: Site, home: string): Record<string, string | number> {
  return {
    listen_addresses: '127.0.0.1',
    port: site.stack.ports.postgres,
    unix_socket_directories: home,
    max_connections: 300,
    shared_buffers: '96MB',
    work_mem: '4MB',
    wal_level: 'logical',
    max_wal_size: '512MB',
    // Ambiguous commits and dead peers surface in seconds, not after the kernel's two hours.
    tcp_keepalives_idle: 30,
    idle_in_transaction_session_timeout: '120s',
    log_timezone: 'UTC',
    timezone: 'UTC',
    jit: 'off',
    shared_preload_libraries: 'pg_stat_statements',
    'pg_stat_statements.track': 'top',
  };
}

async function prepare(site: Site, home: string, data: string): Promise<void> {
  mkdirSync(home, { recursive: true });
  const { uid, gid } = owner();
  if (uid !== undefined && gid !== undefined) chownSync(home, uid, gid);
  if (existsSync(join(data, 'PG_VERSION'))) return;
  const half = join(home, 'data.new');
  rmSync(half, { recursive: true, force: true });
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, site.secrets('postgres/postgres'), { mode: 0o600 });
  if (uid !== undefined && gid !== undefined) chownSync(passwordFile, uid, gid);
  const options = ['-D', half, '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '-A', 'scram-sha-256'];
  const initdb = [located(INITDB), ...options, '--pwfile', passwordFile, '--no-sync'];
  const asOwner =
    uid === undefined ? initdb : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...initdb];
  await run(asOwner[0] as string, asOwner.slice(1), { cwd: home });
  rmSync(passwordFile);
  rmSync(data, { recursive: true, force: true });
  await run('mv', ['-T', half, data]);
}

/**
 * Whether it takes sessions: one is begun and left before the password. A server that is starting or recovering answers with an
 * error ('E') instead of asking for it ('R').
 */
function isServing(port: number): Promise<boolean> {
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(PROTOCOL_3, 4);
  return converse(port, Buffer.concat([head, parameters]), (heard) => heard.startsWith('R'));
}
