import { globSync } from 'node:fs';
import { join } from 'node:path';
import { type DescFile, type DescMessage, getOption, hasOption } from '@bufbuild/protobuf';
import { topic as topicOption } from '#gen/shopverse/options/v1/options_pb.ts';

/** A topic as it is declared to Kafka. */
export type DeclaredTopic = {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
  /** The largest batch of records that is taken; the broker's own limit of 1 MiB where it isn't told. */
  readonly maxBytes?: number;
};

/** A dead letter is a record of up to 1 MiB, and headers that say what went wrong with it. */
const DEAD_LETTER_MAX_BYTES = 2 * 1024 * 1024;

/** Every topic that a message of the contracts is the value of, each with its dead-letter topic, by name. */
export async function declaredTopics(root: string): Promise<DeclaredTopic[]> {
  const files = globSync('gen/shopverse/*/v1/*_pb.ts', { cwd: root }).sort();
  const modules = await Promise.all(files.map((file) => import(join(root, file))));
  const descriptors = modules.flatMap((module) => Object.values(module).filter(isDescFile));
  return topicsOf(descriptors.flatMap((file) => file.messages));
}

/** The topics that these messages declare, each with its dead-letter topic unless it is derived. */
export function topicsOf(messages: readonly DescMessage[]): DeclaredTopic[] {
  const declared = messages
    .filter((message) => hasOption(message, topicOption))
    .flatMap((message) => {
      const { name, partitions, retentionHours, derived } = getOption(message, topicOption);
      const retentionMs = retentionHours === 0 ? -1 : retentionHours * 3_600_000;
      const main = { name, partitions: partitions || 1, retentionMs };
      const deadLetters = {
        name: `${name}.dlq`,
        partitions: 1,
        retentionMs: -1,
        maxBytes: DEAD_LETTER_MAX_BYTES,
      };
      return derived ? [main] : [main, deadLetters];
    });
  return declared.sort((a, b) => a.name.localeCompare(b.name));
}

function isDescFile(value: unknown): value is DescFile {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file';
}

if (import.meta.main) console.log(JSON.stringify(await declaredTopics(join(import.meta.dirname, '..'))));
