import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeAtomically } from '../../files.ts';
import { install, placeOf } from '../../install/artefact.ts';
import { fetchJars } from '../../install/fetch.ts';
import { answers } from '../../supervisor/probes.ts';
import { FEW_ARENAS, type Heap, JAVA, JAVAC, java, javaFlags, LOG4J, MAVEN } from '../java.ts';
import type { Artefact, Command, Part, Site } from '../part.ts';
import { renderFlink } from './config.ts';
import { loopbackReporter } from './loopback-reporter.ts';
import { jobsRun, submitJobs } from './submit.ts';

const VERSION = '2.3.0';
const JARS: Artefact = {
  name: `flink-${VERSION}-kafka-rocksdb`,
  title: `Flink ${VERSION} (155 MB)`,
  make: (folder) => fetchJars(join(import.meta.dirname, 'pom.xml'), join(folder, 'libs')),
};
const ENTRY = 'org.apache.flink.runtime';
const OPENED = ['util', 'lang', 'time', 'net', 'util.concurrent'];

/** A Flink session cluster: the JobManager, and one TaskManager that may be killed. */
export const flink: Part = {
  name: 'flink',
  programs: [JAVA, JAVAC, MAVEN],
  artefacts: [JARS],
  units: (site) => {
    const rest = `http://127.0.0.1:${site.stack.ports.flinkRest}`;
    return [
      {
        name: 'flink-jobmanager',
        version: VERSION,
        port: site.stack.ports.flinkRest,
        needs: [],
        command: command(site, 'jobmanager', `${ENTRY}.entrypoint.StandaloneSessionClusterEntrypoint`, [
          '--executionMode',
          'cluster',
        ]),
        prepare: async () => prepare(site, 'jobmanager'),
        ready: () => answers(`${rest}/overview`),
        settle: () => submitJobs(site.stack),
        healthy: () => jobsRun(site.stack),
      },
      {
        name: 'flink-taskmanager',
        version: VERSION,
        port: site.stack.ports.flinkWorkerMetrics,
        // It asks for its JobManager until there is one, so both may start at once.
        needs: [],
        command: command(site, 'taskmanager', `${ENTRY}.taskexecutor.TaskManagerRunner`, []),
        prepare: async () => prepare(site, 'taskmanager'),
        ready: () => answers(`${rest}/overview`, (text) => JSON.parse(text).taskmanagers > 0),
      },
    ];
  },
};

const HEAPS: Record<Role, Heap> = {
  jobmanager: { initial: 48, max: 192, metaspace: 128, code: 64 },
  taskmanager: { initial: 64, max: 224, metaspace: 160, code: 64, direct: 96 },
};
type Role = 'jobmanager' | 'taskmanager';

function command(site: Site, role: Role, entry: string, more: readonly string[]): Command {
  const home = homeOf(site, role);
  return {
    file: java(),
    args: [
      ...javaFlags(HEAPS[role]),
      `-Dlog4j2.configurationFile=${join(home, 'log4j2.properties')}`,
      ...OPENED.map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`),
      ...['-cp', `${placeOf(site.stack.cache, reporter(site))}:${libs(site)}`, entry, '--configDir', home],
      ...more,
    ],
    cwd: home,
    env: FEW_ARENAS,
    givesWay: true,
  };
}

async function prepare(site: Site, role: Role): Promise<void> {
  await install(site.stack.cache, reporter(site));
  const home = homeOf(site, role);
  const temporary = join(home, 'temporary');
  rmSync(temporary, { recursive: true, force: true }); // a killed process leaves its libraries and uploads behind
  mkdirSync(temporary, { recursive: true });
  const metricsPort =
    role === 'jobmanager' ? site.stack.ports.flinkMetrics : site.stack.ports.flinkWorkerMetrics;
  const config = renderFlink(site.stack.ports, join(site.stack.state, 'flink'), { metricsPort, temporary });
  writeAtomically(join(home, 'config.yaml'), config);
  writeAtomically(join(home, 'log4j2.properties'), LOG4J);
}

/** Every jar of the cluster, as a classpath has them. */
function libs({ stack }: Site): string {
  return join(placeOf(stack.cache, JARS), 'libs', '*');
}

/** Made when the jars are there. */
function reporter(site: Site): Artefact {
  return loopbackReporter(VERSION, dirname(libs(site)));
}

function homeOf(site: Site, role: Role): string {
  return join(site.stack.state, 'flink', role);
}
