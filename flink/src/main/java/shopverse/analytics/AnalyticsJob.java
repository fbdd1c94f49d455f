package shopverse.analytics;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import shopverse.analytics.funnel.FunnelCounter;
import shopverse.analytics.sales.OrderFact;
import shopverse.analytics.sales.OrderFacts;
import shopverse.analytics.sales.SaleBooker;
import shopverse.analytics.source.Fact;
import shopverse.analytics.source.FactSource;
import shopverse.analytics.totals.Contribution;
import shopverse.analytics.totals.RunningTotals;

/** The shop's facts become sale lines and running totals: docs/analytics.md shows the path. */
public final class AnalyticsJob {
  /** By this name the running job is found. */
  public static final String NAME = "shopverse-analytics";

  private static final long SEND_INTERVAL_MS = 1_000;

  private AnalyticsJob() {}

  /** Submits the job with {@link JobOptions}. */
  public static void main(String[] arguments) throws Exception {
    JobOptions options = JobOptions.of(arguments);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(configuration());
    DataStream<Fact> facts =
        env.fromSource(FactSource.of(options), FactSource.watermarks(), "facts").uid("facts");
    records(facts).sinkTo(OutgoingSink.of(options)).name("derived topic").uid("derived-topic");
    env.execute(NAME);
  }

  /** Everything between the topics. State is found again by the operators' uids: they must not change. */
  static DataStream<Outgoing> records(DataStream<Fact> facts) {
    SingleOutputStreamOperator<Fact> once =
        facts.keyBy(Deduplicate::keyOf).process(new Deduplicate()).name("deduplicate").uid("deduplicate");
    SingleOutputStreamOperator<Contribution> steps =
        once.process(new FunnelCounter()).name("funnel").uid("funnel");
    SingleOutputStreamOperator<Contribution> sales =
        once.flatMap(new OrderFacts())
            .name("order facts")
            .uid("order-facts")
            .keyBy(OrderFact::orderId)
            .process(new SaleBooker())
            .name("sale lines")
            .uid("sale-lines");
    DataStream<Outgoing> totals =
        sales
            .union(steps)
            .keyBy(Contribution::key)
            .process(new RunningTotals(SEND_INTERVAL_MS))
            .name("totals")
            .uid("totals");
    return totals.union(
        once.getSideOutput(Deduplicate.LATE),
        steps.getSideOutput(FunnelCounter.OVERDUE),
        sales.getSideOutput(SaleBooker.RECORDS));
  }

  /**
   * State lies on disk and is saved by what changed, so that neither memory nor a checkpoint grows with the shop. Results
   * don't wait for a checkpoint: it only says from where a restart repeats.
   */
  private static Configuration configuration() {
    Configuration configuration = new Configuration();
    configuration.setString("state.backend.type", "rocksdb");
    configuration.setString("execution.checkpointing.incremental", "true");
    configuration.setString("execution.checkpointing.interval", "3s");
    configuration.setString("state.backend.rocksdb.memory.fixed-per-slot", "96mb");
    // Nearly every id that Deduplicate looks for is new: without filters each look reads blocks from every file.
    configuration.setString("state.backend.rocksdb.use-bloom-filter", "true");
    configuration.setString("state.backend.rocksdb.memory.partitioned-index-filters", "true");
    configuration.setString("state.backend.rocksdb.timer-service.factory", "heap");
    configuration.setString("pipeline.object-reuse", "true");
    configuration.setString("pipeline.generic-types", "false");
    return configuration;
  }
}
