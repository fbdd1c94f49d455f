package shopverse.analytics;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import shopverse.analytics.source.Fact;

/**
 * Lets the first copy of each fact through, keyed by {@link #keyOf}: all copies meet under one key, whose ids are
 * forgotten together when the minute is closed. Late facts go to {@link #LATE} as well.
 */
public final class Deduplicate extends KeyedProcessFunction<String, Fact, Fact>
    implements CheckpointedFunction {
  /** One record for each fact that came behind the watermark. */
  public static final OutputTag<Outgoing> LATE = new OutputTag<>("late") {};

  private static final long serialVersionUID = 1;
  private final ClosedUpTo closed = new ClosedUpTo();
  private transient MapState<String, Boolean> seen;
  private transient Counter duplicates;

  /** The aggregate and the minute, the same for all copies of a fact. */
  public static String keyOf(Fact fact) {
    return fact.subject() + '|' + Horizon.minuteOf(fact.time());
  }

  @Override
  public void open(OpenContext context) {
    seen = getRuntimeContext().getMapState(new MapStateDescriptor<>("seen", Types.STRING, Types.BOOLEAN));
    duplicates = getRuntimeContext().getMetricGroup().counter("duplicates");
  }

  @Override
  public void processElement(Fact fact, Context context, Collector<Fact> out) throws Exception {
    long watermark = closed.now(context.timerService());
    if (Horizon.isOverdue(fact.time(), watermark)) {
      context.output(LATE, LateFacts.of(fact, watermark, true));
      out.collect(fact.asOverdue());
      return;
    }
    if (seen.contains(fact.id())) {
      duplicates.inc();
      return;
    }
    seen.put(fact.id(), true);
    context.timerService().registerEventTimeTimer(Horizon.closingOf(fact.time()));
    if (fact.time() < watermark) {
      context.output(LATE, LateFacts.of(fact, watermark, false));
    }
    out.collect(fact);
  }

  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<Fact> out) {
    closed.now(context.timerService());
    seen.clear();
  }

  @Override
  public void initializeState(FunctionInitializationContext context) throws Exception {
    closed.restore(context);
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) throws Exception {
    closed.save();
  }
}
