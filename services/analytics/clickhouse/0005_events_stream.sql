-- What the events' queue is poured into: kept nowhere, handed on to each view. So all views get every record, which
-- they wouldn't if each were put on the queue while it runs.
CREATE TABLE events_stream
(
    topic LowCardinality(String),
    partition UInt16,
    offset UInt64,
    key String,
    record_time DateTime64(3, 'UTC'),
    headers Map(LowCardinality(String), String),
    payload String
)
ENGINE = Null;

CREATE MATERIALIZED VIEW events_stream_to_raw TO events_raw AS
SELECT topic, partition, offset, key, headers['ce_id'] AS event_id, headers['ce_type'] AS type,
    headers['ce_subject'] AS subject, toUInt64OrZero(headers['ce_sequence']) AS sequence,
    assumeNotNull(parseDateTime64BestEffortOrNull(headers['ce_time'], 3, 'UTC')) AS ce_time,
    least(ce_time, record_time) AS event_time, now64(3, 'UTC') AS insert_time, headers, payload
FROM events_stream
WHERE headers['ce_id'] != '' AND isNotNull(parseDateTime64BestEffortOrNull(headers['ce_time'], 3, 'UTC'));

CREATE MATERIALIZED VIEW events_stream_to_unreadable TO records_unreadable AS
SELECT topic, partition, offset, key, headers, payload, 'no readable ce_id or ce_time' AS error,
    now64(3, 'UTC') AS insert_time
FROM events_stream
WHERE headers['ce_id'] = '' OR isNull(parseDateTime64BestEffortOrNull(headers['ce_time'], 3, 'UTC'));

CREATE MATERIALIZED VIEW events_stream_to_read TO records_read AS
SELECT topic, partition, groupBitmapState(offset) AS offsets
FROM events_stream
GROUP BY topic, partition;
