package shopverse.analytics.source;

import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import shopverse.analytics.JobOptions;

/** Where facts come from, and how far behind the newest one a fact may be before it counts as late. */
public final class FactSource {
  /** Nothing waits for the watermark but what is forgotten by it, so both may be generous. */
  private static final Duration OUT_OF_ORDER = Duration.ofSeconds(30);

  private static final Duration IDLE = Duration.ofSeconds(60);

  private FactSource() {}

  /** The domains' topics from their first record, or from where the checkpoint says. */
  public static KafkaSource<Fact> of(JobOptions options) {
    return KafkaSource.<Fact>builder()
        .setBootstrapServers(options.brokers())
        .setTopics(options.sources())
        .setGroupId(options.group())
        .setClientIdPrefix(options.group())
        .setStartingOffsets(OffsetsInitializer.earliest())
        .setDeserializer(new FactReader())
        .setProperty("fetch.max.wait.ms", "100")
        .setProperty("isolation.level", "read_committed")
        .build();
  }

  /** Event time, told for each partition; one without records holds nobody up. */
  public static WatermarkStrategy<Fact> watermarks() {
    return WatermarkStrategy.<Fact>forBoundedOutOfOrderness(OUT_OF_ORDER)
        .withTimestampAssigner((fact, stated) -> fact.time())
        .withIdleness(IDLE);
  }
}
