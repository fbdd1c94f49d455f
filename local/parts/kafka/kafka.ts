import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../../files.ts';
import { placeOf } from '../../install/artefact.ts';
import { fetchJars } from '../../install/fetch.ts';
import { run } from '../../install/run.ts';
import type { Ports } from '../../ports.ts';
import { accepts } from '../../supervisor/probes.ts';
import { FEW_ARENAS, JAVA, java, javaFlags, LOG4J, MAVEN } from '../java.ts';
import type { Artefact, Part, Site } from '../part.ts';
import { declareTopics } from './declare-topics.ts';

const VERSION = '4.3.1';
const JARS: Artefact = {
  name: `kafka-${VERSION}`,
  title: `Kafka ${VERSION} (54 MB)`,
  make: (folder) => fetchJars(join(import.meta.dirname, 'pom.xml'), join(folder, 'libs')),
};

/** Kafka 4 in KRaft mode: one process is broker and controller. */
export const kafka: Part = {
  name: 'kafka',
  programs: [JAVA, MAVEN],
  artefacts: [JARS],
  units: (site) => {
    const home = join(site.stack.state, 'kafka');
    const jvm = javaFlags({ initial: 64, max: 256, metaspace: 128, code: 48, direct: 64 });
    const classpath = ['-cp', join(placeOf(site.stack.cache, JARS), 'libs/*')];
    const logging = `-Dlog4j2.configurationFile=${join(home, 'log4j2.properties')}`;
    const broker = `127.0.0.1:${site.stack.ports.kafka}`;
    return [
      {
        name: 'kafka',
        version: VERSION,
        port: site.stack.ports.kafka,
        needs: [],
        command: {
          file: java(),
          args: [...jvm, ...classpath, logging, 'kafka.Kafka', join(home, 'server.properties')],
          cwd: home,
          env: FEW_ARENAS,
        },
        prepare: () => prepare(site, home, [...classpath, logging]),
        ready: () => accepts(site.stack.ports.kafka),
        settle: () => declareTopics(broker, site.stack.root),
        graceMs: 20_000,
      },
    ];
  },
};

async function prepare(site: Site, home: string, flags: readonly string[]): Promise<void> {
  mkdirSync(home, { recursive: true });
  writeAtomically(join(home, 'log4j2.properties'), LOG4J);
  const properties = join(home, 'server.properties');
  writeAtomically(properties, renderProperties(site.stack.ports, join(home, 'data')));
  if (existsSync(join(home, 'data/meta.properties'))) return;
  const cluster = randomBytes(16).toString('base64url');
  await run(
    java(),
    [
      ...['-Xmx128m', '-XX:TieredStopAtLevel=1', ...flags, 'kafka.tools.StorageTool'],
      ...['format', '--standalone', '--ignore-formatted', '-t', cluster, '-c', properties],
    ],
    { cwd: home },
  );
}

/** server.properties of the one node. Topics exist because they are declared, never because somebody asked for one. */
export function renderProperties(ports: Ports, data: string): string {
  const listeners = `PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafkaController}`;
  return `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:${ports.kafkaController}
listeners=${listeners}
advertised.listeners=${listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=${data}
num.partitions=3
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=4194304
log.segment.bytes=67108864
`;
}
