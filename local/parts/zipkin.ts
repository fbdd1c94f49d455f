import { join } from 'node:path';
import { placeOf } from '../install/artefact.ts';
import { run } from '../install/run.ts';
import { answers } from '../supervisor/probes.ts';
import { FEW_ARENAS, JAVA, java, javaFlags, MAVEN } from './java.ts';
import type { Artefact, Part } from './part.ts';

const VERSION = '3.6.1';
const JAR: Artefact = {
  name: `zipkin-${VERSION}`,
  title: `Zipkin ${VERSION} (86 MB)`,
  make: async (folder) => {
    const artifact = `-Dartifact=io.zipkin:zipkin-server:${VERSION}:jar:slim`;
    await run('mvn', ['-q', '-B', '-C', 'dependency:copy', artifact, `-DoutputDirectory=${folder}`]);
  },
};

/** Zipkin, with the last spans in memory. */
export const zipkin: Part = {
  name: 'zipkin',
  programs: [JAVA, MAVEN],
  artefacts: [JAR],
  units: ({ stack }) => {
    const port = stack.ports.zipkin;
    // Without the whole of armeria's port it would listen on every address of the machine.
    const armeria = `--armeria.ports[0]`;
    return [
      {
        name: 'zipkin',
        version: VERSION,
        port,
        needs: [],
        command: {
          file: java(),
          args: [
            ...javaFlags({ initial: 32, max: 96, metaspace: 96, code: 40 }),
            '-XX:TieredStopAtLevel=1',
            ...['-jar', join(placeOf(stack.cache, JAR), `zipkin-server-${VERSION}-slim.jar`)],
            ...[`${armeria}.ip=127.0.0.1`, `${armeria}.port=${port}`, `${armeria}.protocols[0]=http`],
          ],
          cwd: stack.state,
          env: {
            ...FEW_ARENAS,
            QUERY_PORT: String(port),
            STORAGE_TYPE: 'mem',
            MEM_MAX_SPANS: '20000',
            SELF_TRACING_ENABLED: 'false',
          },
          givesWay: true,
        },
        ready: () => answers(`http://127.0.0.1:${port}/health`),
      },
    ];
  },
};
