-- The stream job's running totals. Of the versions of a total the one made of the most facts is the latest, whichever
-- run of the job wrote it. `period` is MINUTE or HOUR.
CREATE TABLE revenue_totals
(
    period LowCardinality(String),
    window_start DateTime('UTC'),
    department LowCardinality(String),
    currency LowCardinality(String),
    sold Int64,
    refunded Int64,
    units Int64,
    baskets Int64,
    orders Int64,
    fact_count UInt64
)
ENGINE = ReplacingMergeTree(fact_count)
ORDER BY (period, currency, window_start, department);

CREATE TABLE product_totals
(
    window_start DateTime('UTC'),
    sku String,
    currency LowCardinality(String),
    title String,
    department LowCardinality(String),
    sold Int64,
    refunded Int64,
    units Int64,
    baskets Int64,
    orders Int64,
    fact_count UInt64
)
ENGINE = ReplacingMergeTree(fact_count)
ORDER BY (currency, window_start, sku);

-- `step` is a name of the contract's FunnelStep, without its prefix.
CREATE TABLE funnel_totals
(
    period LowCardinality(String),
    window_start DateTime('UTC'),
    step LowCardinality(String),
    fact_count UInt64
)
ENGINE = ReplacingMergeTree(fact_count)
ORDER BY (period, window_start, step);
