import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { placeOf } from '../../install/artefact.ts';
import { run } from '../../install/run.ts';
import type { Stack } from '../../stack.ts';
import type { Artefact } from '../part.ts';

const SOURCES = ['flink/pom.xml', 'flink/src/main/**/*', 'proto/**/*.proto', 'third_party/proto/**/*.proto'];
const JAR = 'shopverse-jobs.jar';

/** A stream job as flink/jobs.json declares it. */
export type Job = { readonly name: string; readonly entryClass: string; readonly args?: readonly string[] };

/** The declared jobs; none while there is no such file. */
export function declaredJobs(root: string): Job[] {
  const path = join(root, 'flink/jobs.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
}

/** The jobs' jar, in the cache under a name that tells its sources apart; undefined while no job is declared. */
export function jobsJar(root: string): Artefact | undefined {
  if (declaredJobs(root).length === 0) return undefined;
  const hash = createHash('sha256');
  for (const file of globSync(SOURCES, { cwd: root, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )) {
    hash.update(file.name).update(readFileSync(join(file.parentPath, file.name)));
  }
  return {
    name: `stream-jobs-${hash.digest('hex').slice(0, 16)}`,
    title: 'the stream jobs (Maven)',
    make: (folder) => build(root, folder),
  };
}

/** Built beside the clone's own flink/target, which somebody may be working in; the contracts lie where pom.xml looks for them. */
async function build(root: string, folder: string): Promise<void> {
  const work = join(folder, 'work');
  mkdirSync(join(work, 'flink/src'), { recursive: true });
  for (const contracts of ['proto', 'third_party']) symlinkSync(join(root, contracts), join(work, contracts));
  copyFileSync(join(root, 'flink/pom.xml'), join(work, 'flink/pom.xml'));
  cpSync(join(root, 'flink/src/main'), join(work, 'flink/src/main'), { recursive: true });
  await run('mvn', [
    '-q',
    '-B',
    '-C',
    '-f',
    join(work, 'flink/pom.xml'),
    '-Dmaven.test.skip=true',
    'package',
  ]);
  renameSync(join(work, 'flink/target', JAR), join(folder, JAR));
  rmSync(work, { recursive: true });
}

/** The path of the built jar. */
export function jarPath(stack: Stack, artefact: Artefact): string {
  return join(placeOf(stack.cache, artefact), JAR);
}
