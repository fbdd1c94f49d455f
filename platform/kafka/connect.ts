import type { Kafka } from './kafka.ts';
import { connectKafkajs, type KafkaOptions } from './kafkajs.ts';
import { connectPlatformatic } from './platformatic.ts';

/** Which library speaks to the broker. */
export type KafkaClient = 'kafkajs' | 'platformatic';

/** The broker through the chosen library. Connects with its first use, so a broker that is away is no error here. */
export function connectKafka(options: KafkaOptions & { readonly client: KafkaClient }): Kafka {
  switch (options.client) {
    case 'kafkajs':
      return connectKafkajs(options);
    case 'platformatic':
      return connectPlatformatic(options);
    default:
      return options.client satisfies never;
  }
}
