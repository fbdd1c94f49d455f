import type { Kafka } from './kafka.ts';
import type { KafkaOptions } from './kafkajs.ts';

/** Which library speaks to the broker. */
export type KafkaClient = 'kafkajs' | 'platformatic';

/**
 * The broker through the chosen library. Connects with its first use, so a broker that is away is no error here. Only
 * the chosen one is loaded: @platformatic/kafka alone takes 60 MB and half a second of CPU.
 */
export async function connectKafka(options: KafkaOptions & { readonly client: KafkaClient }): Promise<Kafka> {
  switch (options.client) {
    case 'kafkajs': {
      const { connectKafkajs } = await import('./kafkajs.ts');
      return connectKafkajs(options);
    }
    case 'platformatic': {
      const { connectPlatformatic } = await import('./platformatic.ts');
      return connectPlatformatic(options);
    }
    default:
      return options.client satisfies never;
  }
}
