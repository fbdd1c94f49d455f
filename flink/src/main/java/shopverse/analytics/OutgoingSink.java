package shopverse.analytics;

import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The derived topic. Written at least once: every record is an upsert, known by its key and version, so a repeat does
 * no harm, and there is no transaction that a long stop of the job could let time out.
 */
final class OutgoingSink {
  private OutgoingSink() {}

  static KafkaSink<Outgoing> of(JobOptions options) {
    String topic = options.target();
    KafkaRecordSerializationSchema<Outgoing> serializer =
        (outgoing, context, timestamp) -> new ProducerRecord<>(topic, outgoing.key(), outgoing.value());
    return KafkaSink.<Outgoing>builder()
        .setBootstrapServers(options.brokers())
        .setRecordSerializer(serializer)
        .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
        .setProperty("client.id", options.group())
        .setProperty("linger.ms", "50")
        .setProperty("batch.size", "131072")
        .setProperty("compression.type", "gzip")
        .build();
  }
}
