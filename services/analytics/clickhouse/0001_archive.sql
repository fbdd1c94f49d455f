-- Every event of every domain, once. Of several copies the one with the lowest offset is kept: a version is the
-- offset's complement. Copies share topic, stated time and id, and so meet under one key.
CREATE TABLE events_raw
(
    topic LowCardinality(String),
    partition UInt16,
    offset UInt64,
    key String CODEC(ZSTD),
    event_id String CODEC(ZSTD),
    type LowCardinality(String),
    subject String CODEC(ZSTD),
    sequence UInt64,
    -- As the event states it.
    ce_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    -- When it happened for every count: never after Kafka took the record, whatever a client's clock says.
    event_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    insert_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    headers Map(LowCardinality(String), String) CODEC(ZSTD),
    payload String CODEC(ZSTD),
    precedence UInt64 MATERIALIZED bitNot(offset) CODEC(Delta, ZSTD),
    INDEX by_event_time event_time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(ce_time)
ORDER BY (topic, toStartOfMinute(ce_time), event_id);

-- Records without the headers of an event, whole.
CREATE TABLE records_unreadable
(
    topic LowCardinality(String),
    partition UInt16,
    offset UInt64,
    key String,
    headers Map(LowCardinality(String), String),
    payload String,
    error String,
    insert_time DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, partition, offset);

-- Which offsets were read, as bitmaps: reading one twice changes nothing.
CREATE TABLE records_read
(
    topic LowCardinality(String),
    partition UInt16,
    offsets AggregateFunction(groupBitmap, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (topic, partition);
