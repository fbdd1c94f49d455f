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
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { readIfThere, writeIfChanged } from '../../files.ts';
import { placeOf } from '../../install/artefact.ts';
import { run } from '../../install/run.ts';
import type { Stack } from '../../stack.ts';
import type { Artefact } from '../part.ts';

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
  for (const file of sources(root)) hash.update(file).update(readFileSync(join(root, file)));
  return {
    name: `stream-jobs-${hash.digest('hex').slice(0, 16)}`,
    title: 'the stream jobs (Maven)',
    make: (folder) => build(root, folder),
  };
}

/** What the jar is made of: pom.xml, the code, and the contracts that pom.xml names. */
function sources(root: string): string[] {
  const pom = readFileSync(join(root, 'flink/pom.xml'), 'utf8');
  const named = [...pom.matchAll(/<include>(.*\.proto)<\/include>/g)].map((match) => match[1] ?? '');
  const contracts = globSync(
    ['proto', 'third_party/proto'].flatMap((folder) => named.map((name) => join(folder, name))),
    {
      cwd: root,
    },
  );
  const code = globSync('flink/src/main/**/*.*', { cwd: root });
  return ['flink/pom.xml', ...code, ...contracts]
    .filter((file) => statSync(join(root, file)).isFile())
    .sort();
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

/** The jobs that a stack runs, and the jar that it runs them from. */
export type Release = { readonly jar: string; readonly jobs: readonly Job[] };

/** Notes that this stack is to run the declared jobs from the built jar. Until the next time they stay as they are now. */
export function release(stack: Stack, artefact: Artefact): void {
  const jar = join(placeOf(stack.cache, artefact), JAR);
  writeIfChanged(
    releasePath(stack),
    JSON.stringify({ jar, jobs: declaredJobs(stack.root) } satisfies Release),
  );
}

/** What this stack is to run; undefined when nothing was released to it yet. */
export function released(stack: Stack): Release | undefined {
  const text = readIfThere(releasePath(stack));
  return text === undefined ? undefined : JSON.parse(text);
}

function releasePath(stack: Stack): string {
  return join(stack.state, 'flink', 'release.json');
}
