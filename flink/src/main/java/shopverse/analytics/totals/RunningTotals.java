package shopverse.analytics.totals;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.TimeDomain;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import shopverse.analytics.ClosedUpTo;
import shopverse.analytics.Horizon;
import shopverse.analytics.LateFacts;
import shopverse.analytics.Outgoing;
import shopverse.analytics.v1.AnalyticsEvents.OverdueFact.Totals;

/**
 * Sums contributions by key and sends the total, at most once in {@code interval} ms, for as long as it changes. A
 * dashboard needn't wait for a window's end, and a late fact is no special case: it makes one version more. The sum is
 * dropped when its window is closed. What comes after that is told as overdue: this operator's own watermark decides, as
 * another one's may be behind or, while a stream is idle, ahead of it.
 */
public final class RunningTotals extends KeyedProcessFunction<TotalKey, Contribution, Outgoing>
    implements CheckpointedFunction {
  private static final long serialVersionUID = 1;
  private final ClosedUpTo closed = new ClosedUpTo();
  private final long interval;
  private transient ValueState<Running> total;

  public RunningTotals(long interval) {
    this.interval = interval;
  }

  @Override
  public void open(OpenContext context) {
    total = getRuntimeContext().getState(new ValueStateDescriptor<>("total", TypeInformation.of(Running.class)));
  }

  @Override
  public void processElement(Contribution more, Context context, Collector<Outgoing> out) throws Exception {
    if (Horizon.closing(more.key().end()) <= closed.now(context.timerService())) {
      out.collect(LateFacts.overdue(totalsOf(more.key()), more.eventId(), more.time()));
      return;
    }
    Running before = total.value();
    if (before == null) {
      before = Running.NOTHING;
      context.timerService().registerEventTimeTimer(Horizon.closing(more.key().end()));
    }
    if (!before.announced()) {
      // All totals of this operator at the same moments, so that they travel together.
      long now = context.timerService().currentProcessingTime();
      context.timerService().registerProcessingTimeTimer(Math.floorDiv(now, interval) * interval + interval);
    }
    total.update(before.plus(more).announced(true));
  }

  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<Outgoing> out) throws Exception {
    closed.now(context.timerService());
    Running now = total.value();
    if (now == null) {
      return;
    }
    if (now.announced()) {
      out.collect(TotalRecords.of(context.getCurrentKey(), now));
    }
    if (context.timeDomain() == TimeDomain.EVENT_TIME) {
      total.clear();
    } else {
      total.update(now.announced(false));
    }
  }

  @Override
  public void initializeState(FunctionInitializationContext context) throws Exception {
    closed.restore(context);
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) throws Exception {
    closed.save();
  }

  private static Totals totalsOf(TotalKey key) {
    return key.kind().equals(TotalKey.FUNNEL) ? Totals.TOTALS_FUNNEL : Totals.TOTALS_SALES;
  }
}
