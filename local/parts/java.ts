import { located } from '../install/programs.ts';
import type { SystemProgram } from './part.ts';

/** Java 17, which Flink wants; newer ones that may come first on PATH are passed over. */
export const JAVA: SystemProgram = {
  program: 'java',
  package: 'openjdk-17-jre-headless',
  places: ['/usr/lib/jvm/java-17-openjdk-amd64/bin', '/usr/lib/jvm/java-17-openjdk-arm64/bin'],
};
/** Fetches jars and builds the stream jobs. */
export const MAVEN: SystemProgram = { program: 'mvn', package: 'maven' };
/** The compiler of the stream jobs. */
export const JAVAC: SystemProgram = {
  program: 'javac',
  package: 'openjdk-17-jdk-headless',
  places: ['/usr/lib/jvm/java-17-openjdk-amd64/bin', '/usr/lib/jvm/java-17-openjdk-arm64/bin'],
};

/** Sizes of one JVM, in MB. */
export type Heap = { initial: number; max: number; metaspace: number; code: number; direct?: number };

/** A JVM's flags for a small, quickly started process. */
export function javaFlags(heap: Heap): string[] {
  return [
    `-Xms${heap.initial}m`,
    `-Xmx${heap.max}m`,
    `-XX:MaxMetaspaceSize=${heap.metaspace}m`,
    `-XX:ReservedCodeCacheSize=${heap.code}m`,
    ...(heap.direct ? [`-XX:MaxDirectMemorySize=${heap.direct}m`] : []),
    '-XX:+UseSerialGC',
    '-Xss512k',
    '-Xshare:auto',
  ];
}

/** glibc gives every thread an arena of its own, and keeps what each once used; two are enough here. */
export const FEW_ARENAS = { MALLOC_ARENA_MAX: '2' };

/** Where Java 17 is. */
export function java(): string {
  return located(JAVA);
}

/** Log4j's configuration for a JVM whose output the supervisor keeps. */
export const LOG4J = `rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] %p %c %m%n
# A Flink sink without transactions names two metrics alike, and says so at every checkpoint.
logger.collisions.name = org.apache.flink.metrics.MetricGroup
logger.collisions.level = error
`;
