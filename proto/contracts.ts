import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  getOption,
  hasOption,
} from '@bufbuild/protobuf';
import { type Topic, topic as topicOption } from '#gen/shopverse/options/v1/options_pb.ts';

const root = resolve(import.meta.dirname, '..');

/** Every file of the platform's own contracts, as generated, by package and name. */
export async function loadContracts(): Promise<DescFile[]> {
  const paths = globSync('gen/shopverse/*/v*/*_pb.ts', { cwd: root }).sort();
  const modules: object[] = await Promise.all(
    paths.map((path) => import(pathToFileURL(join(root, path)).href)),
  );
  return modules.flatMap((module) => Object.values(module).filter(isDescFile));
}

/** The service that a contract belongs to: `order` for `shopverse.order.v1`. */
export function domainOf(file: DescFile): string {
  return file.proto.package.split('.')[1] ?? '';
}

/** Every method of these files, in the order they are declared in. */
export function methodsOf(files: readonly DescFile[]): DescMethod[] {
  return files.flatMap((file) => file.services.flatMap((service) => service.methods));
}

/** A topic: its declaration, the message that its records hold, and the facts among which that chooses. */
export type TopicContract = {
  readonly topic: Topic;
  readonly message: DescMessage;
  /** The service that writes it; for a derived topic the one that declares it. */
  readonly domain: string;
  /** The fields of the message's oneof: `event`, or for a derived topic whatever it is called. */
  readonly facts: readonly DescField[];
};

/** Every topic that these files declare, by name. */
export function topicsOf(files: readonly DescFile[]): TopicContract[] {
  return files
    .flatMap((file) => file.messages.map((message) => ({ file, message })))
    .filter(({ message }) => hasOption(message, topicOption))
    .map(({ file, message }) => ({
      topic: getOption(message, topicOption),
      message,
      domain: domainOf(file),
      facts:
        message.oneofs.find(({ name }) => name === (getOption(message, topicOption).derived ? name : 'event'))
          ?.fields ?? [],
    }))
    .sort((a, b) => a.topic.name.localeCompare(b.topic.name));
}

/** Every enum of refusals' reasons in these files. */
export function errorReasonsOf(files: readonly DescFile[]): DescEnum[] {
  return files.flatMap((file) => file.enums.filter((declared) => declared.name === 'ErrorReason'));
}

function isDescFile(value: unknown): value is DescFile {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file';
}
