import type { DescField, DescFile } from '@bufbuild/protobuf';
import { type TopicContract, topicsOf } from '../contracts.ts';
import { cell, commentOf, firstSentence } from './comment.ts';
import type { Reader, Subscription } from './readers.ts';
import type { StreamReader } from './stream-readers.ts';

/** What reads which facts. */
export type Reading = {
  readonly services: readonly Subscription[];
  readonly streams: readonly StreamReader[];
};

/** docs/events.md: every topic and every fact on it. Throws for a subscription to a fact that doesn't exist. */
export function eventsPage(contracts: readonly DescFile[], reading: Reading): string {
  const topics = topicsOf(contracts);
  for (const { schema, fact, reader } of reading.services) {
    const known = topics.find(({ message }) => message.name === schema);
    if (!known?.facts.some(({ localName }) => localName === fact)) {
      throw new Error(`${reader.group} subscribes to ${schema}.${fact}, which no contract has.`);
    }
  }
  return `${introduction}
| Topic | Written by | Key | Partitions | Kept | Facts |
|---|---|---|---|---|---|
${topics.map(topicRow).join('\n')}

${topics.map((contract) => topicSection(contract, reading)).join('\n\n')}
`;
}

const introduction = `# Events

Made from the contracts and the services' code by \`npm run gen\`; do not edit.

A topic belongs to one service, which alone writes it. A record's value is the topic's message in protobuf, with one fact
set. Its headers are CloudEvents' in Kafka's binary mode: \`ce_id\`, \`ce_type\` (the fact's full name), \`ce_source\`,
\`ce_subject\` (the key), \`ce_time\`, \`ce_dataschema\` (the message's full name, which names the version), \`ce_sequence\`
(per key, without gaps, from 1), \`ce_correlationid\`, \`ce_causationid\`, and \`traceparent\`. Dead letters go to
\`<topic>.dlq\`. Derived topics have neither these headers nor dead letters.
`;

function topicRow({ topic, domain, message, facts }: TopicContract): string {
  const anchor = topic.name.replaceAll('.', '');
  return `| [${topic.name}](#${anchor}) | ${writer(domain, topic.derived)} | ${cell(keyOf(commentOf(message)))} | ${
    topic.partitions
  } | ${kept(topic.retentionHours)} | ${facts.length} |`;
}

function topicSection(contract: TopicContract, reading: Reading): string {
  const { topic, message, facts } = contract;
  const beside = message.fields.filter((field) => field.oneof === undefined);
  return `## ${topic.name}

${commentOf(message)} Value: \`${message.typeName}\`.${beside.length > 0 ? ` Beside the fact: ${fieldList(beside)}` : ''}

| Fact | What | Read by | Fields |
|---|---|---|---|
${facts.map((fact) => factRow(contract, fact, reading)).join('\n')}`;
}

function factRow(contract: TopicContract, fact: DescField, reading: Reading): string {
  const schema = contract.message.name;
  const { topic } = contract;
  const services = reading.services.filter((each) => each.schema === schema && each.fact === fact.localName);
  const streams = reading.streams.filter(({ topics }) =>
    typeof topics === 'string' ? !topic.derived : topics.includes(topic.name),
  );
  const readers = [...services, ...streams].map(({ reader }) => reader);
  const type = fact.message;
  return `| ${type?.name} | ${cell(type ? commentOf(type) : '')} | ${named(readers)} | ${fieldList(type?.fields ?? [])} |`;
}

function fieldList(fields: readonly DescField[]): string {
  return fields.map((field) => `\`${field.name}\`: ${cell(firstSentence(commentOf(field)))}`).join('<br>');
}

function named(readers: readonly Reader[]): string {
  return [...new Set(readers.map(({ name, group }) => `${name} (${group})`))].join('<br>');
}

function writer(domain: string, derived: boolean): string {
  return derived ? 'Flink' : domain;
}

function kept(hours: number): string {
  if (hours === 0) return 'forever';
  return hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`;
}

function keyOf(comment: string): string {
  return /(?:Key: |The key is )([^.]*)\./.exec(comment)?.[1] ?? 'by fact';
}
