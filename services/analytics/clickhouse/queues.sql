-- What reads Kafka, made anew when this text, the list of topics or the derived topic's contract changes; queues.ts fills
-- in what stands in braces. A queue's offsets are kept in Kafka under its group, and only after every view has its rows: what is read
-- again after a crash replaces itself.
CREATE TABLE events_queue (payload String)
ENGINE = Kafka
SETTINGS kafka_broker_list = '{brokers}', kafka_topic_list = '{topics}',
    kafka_group_name = '{group}.events', kafka_format = 'RawBLOB',
    kafka_flush_interval_ms = 1000, kafka_poll_timeout_ms = 100;

CREATE TABLE derived_queue
(
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
ENGINE = Kafka
SETTINGS kafka_broker_list = '{brokers}', kafka_topic_list = '{derived}',
    kafka_group_name = '{group}.derived', kafka_format = 'ProtobufSingle',
    kafka_schema = 'SELECT text FROM {database}.schemas FINAL WHERE hash = ''{schema}''', format_schema_source = 'query',
    format_schema_message_name = '{message}', kafka_handle_error_mode = 'stream',
    kafka_flush_interval_ms = 1000, kafka_poll_timeout_ms = 100;

CREATE MATERIALIZED VIEW events_queue_to_stream TO events_stream AS
SELECT _topic AS topic, _partition AS partition, _offset AS offset, _key AS key,
    assumeNotNull(_timestamp_ms) AS record_time, mapFromArrays(_headers.name, _headers.value) AS headers, payload
FROM events_queue;

CREATE MATERIALIZED VIEW derived_queue_to_stream TO derived_stream AS
SELECT _topic AS topic, _partition AS partition, _offset AS offset, _key AS key, _raw_message AS raw, _error AS error,
    sale_line, revenue_total, funnel_total, product_total, late_fact, overdue_fact
FROM derived_queue;
