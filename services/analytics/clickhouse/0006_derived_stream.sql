-- Contracts as the queues read them, by hash.
CREATE TABLE schemas (hash String, text String)
ENGINE = ReplacingMergeTree
ORDER BY hash;

-- What the derived topic's queue is poured into: an AnalyticsRecord, of whose parts one is filled.
CREATE TABLE derived_stream
(
    topic LowCardinality(String),
    partition UInt16,
    offset UInt64,
    key String,
    raw String,
    error String,
    sale_line Tuple(event_id String, line_number Int32, line_count Int32, event_time Tuple(seconds Int64, nanos Int32),
        order_id String, payment_id String, user_id String, entry String, component String, sku String, title String,
        department String, category String, product_type String, sales_channel String, units Int64,
        amount Tuple(currency_code String, minor_units Int64), baskets Int32, orders Int32),
    revenue_total Tuple(period String, window_start Tuple(seconds Int64), department String,
        figures Tuple(sold Tuple(currency_code String, minor_units Int64), refunded Tuple(minor_units Int64),
            units Int64, baskets Int64, orders Int64), fact_count Int64),
    funnel_total Tuple(period String, window_start Tuple(seconds Int64), step String, fact_count Int64),
    product_total Tuple(window_start Tuple(seconds Int64), sku String, title String, department String,
        figures Tuple(sold Tuple(currency_code String, minor_units Int64), refunded Tuple(minor_units Int64),
            units Int64, baskets Int64, orders Int64), fact_count Int64),
    late_fact Tuple(event_id String, topic String, event_type String, event_time Tuple(seconds Int64, nanos Int32),
        watermark Tuple(seconds Int64, nanos Int32), overdue UInt8),
    overdue_fact Tuple(totals String, minute Tuple(seconds Int64))
)
ENGINE = Null;

CREATE MATERIALIZED VIEW derived_stream_to_sale_lines TO sale_lines AS
SELECT sale_line.event_id AS event_id, sale_line.line_number AS line_number, sale_line.line_count AS line_count,
    fromUnixTimestamp64Milli(sale_line.event_time.seconds * 1000 + intDiv(sale_line.event_time.nanos, 1000000), 'UTC') AS event_time,
    sale_line.order_id AS order_id, sale_line.payment_id AS payment_id, sale_line.user_id AS user_id,
    replaceOne(sale_line.entry, 'ENTRY_', '') AS entry, replaceOne(sale_line.component, 'COMPONENT_', '') AS component,
    sale_line.sku AS sku, sale_line.title AS title, sale_line.department AS department, sale_line.category AS category,
    sale_line.product_type AS product_type, sale_line.sales_channel AS sales_channel, sale_line.units AS units,
    sale_line.amount.currency_code AS currency, sale_line.amount.minor_units AS amount,
    sale_line.baskets AS baskets, sale_line.orders AS orders
FROM derived_stream
WHERE sale_line.event_id != '';

CREATE MATERIALIZED VIEW derived_stream_to_revenue TO revenue_totals AS
SELECT replaceOne(revenue_total.period, 'PERIOD_', '') AS period,
    toDateTime(revenue_total.window_start.seconds, 'UTC') AS window_start, revenue_total.department AS department,
    revenue_total.figures.sold.currency_code AS currency, revenue_total.figures.sold.minor_units AS sold,
    revenue_total.figures.refunded.minor_units AS refunded, revenue_total.figures.units AS units,
    revenue_total.figures.baskets AS baskets, revenue_total.figures.orders AS orders,
    revenue_total.fact_count AS fact_count
FROM derived_stream
WHERE revenue_total.fact_count > 0;

CREATE MATERIALIZED VIEW derived_stream_to_products TO product_totals AS
SELECT toDateTime(product_total.window_start.seconds, 'UTC') AS window_start, product_total.sku AS sku,
    product_total.figures.sold.currency_code AS currency, product_total.title AS title,
    product_total.department AS department, product_total.figures.sold.minor_units AS sold,
    product_total.figures.refunded.minor_units AS refunded, product_total.figures.units AS units,
    product_total.figures.baskets AS baskets, product_total.figures.orders AS orders,
    product_total.fact_count AS fact_count
FROM derived_stream
WHERE product_total.fact_count > 0;

CREATE MATERIALIZED VIEW derived_stream_to_funnel TO funnel_totals AS
SELECT replaceOne(funnel_total.period, 'PERIOD_', '') AS period,
    toDateTime(funnel_total.window_start.seconds, 'UTC') AS window_start,
    replaceOne(funnel_total.step, 'FUNNEL_STEP_', '') AS step, funnel_total.fact_count AS fact_count
FROM derived_stream
WHERE funnel_total.fact_count > 0;

CREATE MATERIALIZED VIEW derived_stream_to_late TO late_facts AS
SELECT late_fact.event_id AS event_id, late_fact.topic AS topic, late_fact.event_type AS type,
    fromUnixTimestamp64Milli(late_fact.event_time.seconds * 1000 + intDiv(late_fact.event_time.nanos, 1000000), 'UTC') AS event_time,
    fromUnixTimestamp64Milli(late_fact.watermark.seconds * 1000 + intDiv(late_fact.watermark.nanos, 1000000), 'UTC') AS watermark, late_fact.overdue AS overdue
FROM derived_stream
WHERE late_fact.event_id != '';

CREATE MATERIALIZED VIEW derived_stream_to_overdue TO overdue_minutes AS
SELECT replaceOne(overdue_fact.totals, 'TOTALS_', '') AS totals,
    toDateTime(overdue_fact.minute.seconds, 'UTC') AS minute
FROM derived_stream
WHERE overdue_fact.totals NOT IN ('', 'TOTALS_UNSPECIFIED');

CREATE MATERIALIZED VIEW derived_stream_to_unreadable TO records_unreadable AS
SELECT topic, partition, offset, key, map() AS headers, raw AS payload, error, now64(3, 'UTC') AS insert_time
FROM derived_stream
WHERE error != '';
