package shopverse.analytics.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Iterator;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.metrics.Counter;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * Reads the CloudEvents headers of a record. A record without an id or a readable time is counted and passed over:
 * the archive in ClickHouse keeps it apart, whole.
 */
public final class FactReader implements KafkaRecordDeserializationSchema<Fact> {
  private static final long serialVersionUID = 1;
  private transient Counter unreadable;

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    unreadable = context.getMetricGroup().counter("unreadable");
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Fact> out) {
    String id = header(record, "ce_id");
    Long stated = timeOf(header(record, "ce_time"));
    if (id.isEmpty() || stated == null || record.value() == null) {
      unreadable.inc();
      return;
    }
    long time = record.timestamp() < 0 ? stated : Math.min(stated, record.timestamp());
    String subject = header(record, "ce_subject");
    out.collect(new Fact(id, record.topic(), header(record, "ce_type"), subject, time, record.value(), false));
  }

  private static String header(ConsumerRecord<?, ?> record, String name) {
    Iterator<Header> named = record.headers().headers(name).iterator();
    byte[] value = named.hasNext() ? named.next().value() : null;
    return value == null ? "" : new String(value, UTF_8);
  }

  private static Long timeOf(String text) {
    try {
      return Instant.parse(text).toEpochMilli();
    } catch (DateTimeException | ArithmeticException unreadable) {
      return null;
    }
  }

  @Override
  public TypeInformation<Fact> getProducedType() {
    return TypeInformation.of(Fact.class);
  }
}
