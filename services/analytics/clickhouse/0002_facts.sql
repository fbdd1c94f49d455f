-- What captures brought in and refunds cost, line by line. Repeats of a line are equal: any of them may stay.
CREATE TABLE sale_lines
(
    event_id String CODEC(ZSTD),
    line_number UInt16,
    line_count UInt16,
    event_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    order_id String CODEC(ZSTD),
    payment_id String CODEC(ZSTD),
    user_id String CODEC(ZSTD),
    entry LowCardinality(String),
    component LowCardinality(String),
    sku String CODEC(ZSTD),
    title String CODEC(ZSTD),
    department LowCardinality(String),
    category LowCardinality(String),
    product_type LowCardinality(String),
    sales_channel LowCardinality(String),
    units Int64,
    currency LowCardinality(String),
    amount Int64,
    baskets Int8,
    orders Int8
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (toStartOfHour(event_time), toStartOfMinute(event_time), event_id, line_number);

-- Facts that the stream job took after the watermark had passed them.
CREATE TABLE late_facts
(
    event_id String,
    topic LowCardinality(String),
    type LowCardinality(String),
    event_time DateTime64(3, 'UTC'),
    watermark DateTime64(3, 'UTC'),
    overdue UInt8
)
ENGINE = ReplacingMergeTree(overdue)
ORDER BY event_id;

-- Minutes for which a fact came after their totals were closed. `totals` is SALES or FUNNEL.
CREATE TABLE overdue_minutes
(
    totals LowCardinality(String),
    minute DateTime('UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (totals, minute);
