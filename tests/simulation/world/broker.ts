import type {
  ConsumedRecord,
  Consumption,
  Header,
  Kafka,
  ProducedRecord,
  Producer,
  RunningConsumer,
  TopicPartition,
} from '#platform/kafka/kafka.ts';
import { currentProcess, nobody, type Process } from '../engine/scheduler.ts';
import { asProcess, type World } from './world.ts';

const partitionsOfTopic = 2;

type Partition = TopicPartition & {
  readonly records: ConsumedRecord[];
  /** Readers that have read everything. */
  readonly waiting: Set<() => void>;
};

type Member = {
  readonly process: Process;
  readonly consumption: Consumption;
  readonly owned: Map<Partition, AbortController>;
  closed: boolean;
};

/** A broker in memory behind the kernel's port: at least once, in order within a partition, and no more than that. */
export class Broker {
  readonly topics = new Map<string, readonly Partition[]>();
  readonly #groups = new Map<string, Set<Member>>();
  readonly #world: World;
  down = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** The broker as the running process sees it. */
  kafka(): Kafka {
    return {
      producer: async () => this.#producer(currentProcess()),
      consume: (consumption) => this.#join(consumption),
      admin: undefined as never,
      close: async () => {},
    };
  }

  /** The partitions of a topic, with all their records. */
  partitions(topic: string): readonly Partition[] {
    const known = this.topics.get(topic);
    if (known !== undefined) {
      return known;
    }
    const partitions = Array.from({ length: partitionsOfTopic }, (_, partition) => ({
      topic,
      partition,
      records: [],
      waiting: new Set<() => void>(),
    }));
    this.topics.set(topic, partitions);
    return partitions;
  }

  /** Writes a record as if somebody had sent it. */
  append({ topic, key, value, headers }: ProducedRecord): void {
    const partitions = this.partitions(topic);
    const partition = partitions[hashOf(key) % partitions.length] as Partition;
    partition.records.push({
      topic,
      partition: partition.partition,
      offset: BigInt(partition.records.length),
      timestamp: new Date(this.#world.scheduler.now),
      key: key === null ? null : Buffer.from(key),
      value,
      headers: headers.map(([name, bytes]): Header => [name, bytes]),
    });
    for (const arrive of partition.waiting) {
      arrive();
    }
    partition.waiting.clear();
  }

  /** Gives the partitions of every group to those of its members that are there. */
  rebalance(): void {
    for (const members of this.#groups.values()) {
      this.#rebalance(members);
    }
  }

  #producer(process: Process | undefined): Producer {
    const { scheduler, chance } = this.#world;
    return {
      send: async (records) => {
        await scheduler.sleep(this.#world.latency(), process);
        if (this.down) {
          await scheduler.sleep(1_000, process);
          throw new Error('The broker is away');
        }
        const { faults } = this.#world;
        if (!chance.faults.chance(faults.unacknowledgedSend)) {
          for (const record of records) {
            this.append(record);
          }
          await scheduler.sleep(this.#world.latency(), process);
          return;
        }
        // The answer is lost: what was written is a beginning of each partition's records; the rest may come later.
        this.#world.coverage.fault('send not acknowledged');
        const written = chance.faults.below(records.length + 1);
        for (const record of records.slice(0, written)) {
          this.append(record);
        }
        if (chance.faults.chance(0.5)) {
          const late = chance.faults.between(0, 3_000);
          scheduler.after(
            late,
            () => {
              for (const record of records.slice(written)) {
                this.append(record);
              }
            },
            nobody,
          );
        }
        await scheduler.sleep(chance.faults.between(100, 1_000), process);
        throw new Error('The request timed out');
      },
      close: async () => {},
    };
  }

  #join(consumption: Consumption): RunningConsumer {
    const process = currentProcess();
    if (process === undefined) {
      throw new Error('Only a process consumes');
    }
    const members = this.#groups.get(consumption.groupId) ?? new Set();
    this.#groups.set(consumption.groupId, members);
    const member: Member = { process, consumption, owned: new Map(), closed: false };
    members.add(member);
    this.#world.scheduler.after(this.#world.latency(), () => this.#rebalance(members), nobody);
    return {
      assignment: () => [...member.owned.keys()],
      close: async () => {
        member.closed = true;
      },
    };
  }

  #rebalance(members: Set<Member>): void {
    const { now } = this.#world.scheduler;
    const there: Member[] = [];
    for (const member of members) {
      if (!member.process.alive || member.closed) {
        members.delete(member);
      } else if (member.process.stoppedUntil <= now) {
        there.push(member);
      }
    }
    const partitions = there[0]?.consumption.topics.flatMap((topic) => this.partitions(topic)) ?? [];
    for (const member of members) {
      const mine = new Set(partitions.filter((_, index) => there[index % there.length] === member));
      for (const [partition, owned] of member.owned) {
        if (!mine.has(partition)) {
          member.owned.delete(partition);
          // A stopped process hears of it when it goes on; until then it believes that the partition is its own.
          this.#world.scheduler.after(
            0,
            () => owned.abort(new Error('The partition is lost')),
            member.process,
          );
        }
      }
      const fresh = [...mine].filter((partition) => !member.owned.has(partition));
      for (const partition of fresh) {
        const controller = new AbortController();
        member.owned.set(partition, controller);
        asProcess(member.process, () => void this.#read(member, partition, controller.signal));
      }
    }
  }

  async #read({ process, consumption }: Member, partition: Partition, signal: AbortSignal): Promise<void> {
    const { scheduler, chance } = this.#world;
    const { topic, partition: number, records } = partition;
    let position = await this.#start(process, consumption, partition, signal);
    while (!signal.aborted) {
      if (position >= records.length) {
        await this.#arrival(process, partition);
        continue;
      }
      await scheduler.sleep(this.#world.latency(), process);
      if (this.down) {
        await scheduler.sleep(1_000, process);
        continue;
      }
      const most = Math.min(consumption.maxRecords ?? 200, 1 + chance.latency.below(12));
      const batch = records.slice(position, position + most);
      if (signal.aborted) {
        return;
      }
      try {
        await consumption.onBatch({
          topic,
          partition: number,
          records: batch,
          highWatermark: BigInt(records.length),
          signal,
        });
        position += batch.length;
        if (chance.faults.chance(this.#world.faults.redelivery)) {
          this.#world.coverage.fault('records delivered again');
          position = Math.max(0, position - 1 - chance.faults.below(6));
        }
      } catch {
        await scheduler.sleep(chance.latency.between(200, 1_000), process);
      }
    }
  }

  async #start(
    process: Process,
    consumption: Consumption,
    { topic, partition }: Partition,
    signal: AbortSignal,
  ): Promise<number> {
    while (!signal.aborted) {
      try {
        const [position] = await consumption.onAssigned([{ topic, partition }]);
        return Number(position?.offset ?? 0n);
      } catch {
        await this.#world.scheduler.sleep(500, process);
      }
    }
    return 0;
  }

  #arrival(process: Process, partition: Partition): Promise<void> {
    const { scheduler } = this.#world;
    return new Promise((resolve) => {
      partition.waiting.add(() => scheduler.after(this.#world.latency(), resolve, process));
    });
  }
}

function hashOf(key: Buffer | null): number {
  let hash = 0;
  for (const byte of key ?? []) {
    hash = (Math.imul(hash, 31) + byte) >>> 0;
  }
  return hash;
}
