import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { located } from '../../install/programs.ts';
import { run } from '../../install/run.ts';
import { JAVAC } from '../java.ts';
import type { Artefact } from '../part.ts';

const SOURCE = 'LoopbackReporterFactory.java';
/** The class, as Flink's configuration names it. */
export const LOOPBACK_REPORTER = 'org.apache.flink.metrics.prometheus.LoopbackReporterFactory';

/** The reporter of metrics, compiled against these jars; a folder to put before them on the classpath. */
export function loopbackReporter(version: string, jars: string): Artefact {
  return {
    name: `flink-loopback-reporter-${version}`,
    title: 'a reporter of Flink’s metrics',
    make: async (folder) => {
      const source = join(import.meta.dirname, SOURCE);
      await run(located(JAVAC), ['-cp', join(jars, '*'), '-d', folder, '--release', '17', source]);
      const services = join(folder, 'META-INF/services');
      mkdirSync(services, { recursive: true });
      writeFileSync(
        join(services, 'org.apache.flink.metrics.reporter.MetricReporterFactory'),
        `${LOOPBACK_REPORTER}\n`,
      );
    },
  };
}
