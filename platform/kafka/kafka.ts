/** A header of a record. Kafka keeps their order and lets a name come twice; a value may be null. */
export type Header = readonly [name: string, value: Buffer | null];

/** A record to be sent. Its partition follows from the key as Kafka's own clients choose it (murmur2). */
export type ProducedRecord = {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
};

/** A record as read. */
export type ConsumedRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: Date;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
};

/** A partition of a topic. */
export type TopicPartition = { readonly topic: string; readonly partition: number };

/** A place in a partition. */
export type Position = TopicPartition & { readonly offset: bigint };

/** Sends records, idempotently and with acks from all replicas. */
export type Producer = {
  /**
   * Resolves when every record is written, in this order within each partition. When it throws, any part of the
   * batch may have been written, and a part of it may still be: send the same batch again from its start.
   */
  send(records: readonly ProducedRecord[]): Promise<void>;
  close(): Promise<void>;
};

/** Consecutive records of one partition, at most `maxRecords`. */
export type Batch = TopicPartition & {
  readonly records: readonly ConsumedRecord[];
  /** The offset that the next record written to the partition will get, as of this fetch. */
  readonly highWatermark: bigint;
  /** Aborted when the partition is lost to another member or the consumer closes. */
  readonly signal: AbortSignal;
};

/** What a member of a consumer group reads, and who is told. */
export type Consumption = {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** The most records that `onBatch` gets at once; 200 by default. */
  readonly maxRecords?: number;
  /**
   * Where to start reading the partitions that were just assigned. A partition that is left out starts at the
   * group's committed offset and, without one, at the first record. When it throws it is asked again.
   */
  onAssigned(partitions: readonly TopicPartition[]): Promise<readonly Position[]>;
  /**
   * Takes the next records of a partition: one call at a time per partition, in order, and for many partitions at the
   * same time. When it throws, the same
   * records come again after a backoff. The group's membership is kept up however long it takes. After it resolves
   * the broker's committed offset follows, some time later.
   */
  onBatch(batch: Batch): Promise<void>;
};

/** A member of a consumer group that is reading. */
export type RunningConsumer = {
  /** The partitions that are this member's now. */
  assignment(): readonly TopicPartition[];
  /** Waits for the batches under way, commits their offsets to the broker and leaves the group. */
  close(): Promise<void>;
};

/** The broker, as the kernel uses it. Every adapter passes `conformance.it.test.ts`. */
export type Kafka = {
  /** A new producer of its own identity. */
  producer(): Promise<Producer>;
  /**
   * Starts to join a group and to read, and returns at once, whether or not a broker is there. It joins again, with
   * backoff, whatever happens to the broker.
   */
  consume(consumption: Consumption): RunningConsumer;
  readonly admin: KafkaAdmin;
  close(): Promise<void>;
};

/** Questions about topics, and their making. */
export type KafkaAdmin = {
  /** Creates what is missing; existing topics stay as they are. */
  createTopics(
    topics: readonly {
      readonly name: string;
      readonly partitions: number;
      readonly config?: Readonly<Record<string, string>>;
    }[],
  ): Promise<void>;
  deleteTopics(names: readonly string[]): Promise<void>;
  topics(): Promise<readonly string[]>;
  /** Per partition, the first offset that is kept and the next to be written. */
  offsets(topic: string): Promise<readonly { partition: number; first: bigint; next: bigint }[]>;
  /** The offsets that a group has committed to the broker. */
  committed(groupId: string, topic: string): Promise<readonly Position[]>;
  /** Deletes groups that have no member. */
  deleteGroups(groupIds: readonly string[]): Promise<void>;
};
