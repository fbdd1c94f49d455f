import { chmodSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../../files.ts';
import { placeOf } from '../../install/artefact.ts';
import { fetchNpm, verify } from '../../install/fetch.ts';
import { located } from '../../install/programs.ts';
import { run } from '../../install/run.ts';
import { answers } from '../../supervisor/probes.ts';
import type { Artefact, Part, Site, SystemProgram } from '../part.ts';
import { renderServer, renderUsers } from './config.ts';

const VERSION = '26.7.3';
const GCC: SystemProgram = { program: 'gcc', package: 'gcc libc6-dev' };
/** Later `latest` releases of the package lack the listen options, so the version is pinned by its hash too. */
const LIBRARY_SHA256 = '36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5';
const SERVER: Artefact = {
  name: `clickhouse-${VERSION}`,
  title: `ClickHouse ${VERSION} (570 MB unpacked)`,
  make: async (folder) => {
    const unpacked = await fetchNpm('@chdb/lib-linux-x64-gnu', `${VERSION}-stable.1`, join(folder, 'npm'));
    const library = join(folder, 'libchdb.so');
    renameSync(join(unpacked, 'libchdb.so'), library);
    rmSync(join(folder, 'npm'), { recursive: true });
    await verify(library, LIBRARY_SHA256);
    const source = join(import.meta.dirname, 'launcher.c');
    await run(located(GCC), ['-O2', '-Wall', '-o', join(folder, 'launcher'), source, '-ldl']);
  },
};

/** ClickHouse 26: HTTP and native protocol, from the embeddable library. */
export const clickhouse: Part = {
  name: 'clickhouse',
  programs: [GCC],
  artefacts: [SERVER],
  units: (site) => {
    const home = join(site.stack.state, 'clickhouse');
    const { clickhouseHttp, clickhouseNative } = site.stack.ports;
    const place = placeOf(site.stack.cache, SERVER);
    return [
      {
        name: 'clickhouse',
        version: VERSION,
        port: clickhouseHttp,
        needs: ['kafka'],
        command: {
          file: join(place, 'launcher'),
          args: [
            join(place, 'libchdb.so'),
            join(home, 'data'),
            String(clickhouseHttp),
            String(clickhouseNative),
            `--config-file=${join(home, 'config.xml')}`,
            '--log-level=warning',
          ],
          // The Kafka engine looks for message schemas in the working directory and nowhere else.
          cwd: join(home, 'schemas'),
          givesWay: true,
        },
        prepare: async () => prepare(site, home),
        ready: () => answers(`http://127.0.0.1:${clickhouseHttp}/ping`, (text) => text.startsWith('Ok')),
        graceMs: 10_000,
      },
    ];
  },
};

function prepare(site: Site, home: string): void {
  mkdirSync(home, { recursive: true });
  chmodSync(home, 0o700);
  writeAtomically(join(home, 'config.xml'), renderServer(home), 0o600);
  writeAtomically(join(home, 'users.xml'), renderUsers(site.secrets), 0o600);
  // The library finds its own log tables of an earlier run in the way.
  rmSync(join(home, 'data/data/system'), { recursive: true, force: true });
  const schemas = join(home, 'schemas');
  mkdirSync(schemas, { recursive: true });
  for (const source of ['proto', 'third_party/proto']) {
    const from = join(site.stack.root, source);
    if (existsSync(from)) cpSync(from, schemas, { recursive: true });
  }
}
