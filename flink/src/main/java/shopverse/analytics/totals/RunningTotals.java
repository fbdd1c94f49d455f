package shopverse.analytics.totals;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.TimeDomain;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import shopverse.analytics.Horizon;
import shopverse.analytics.Outgoing;

/**
 * Sums contributions by key and sends the total, at most once in {@code interval} ms, for as long as it changes. A
 * dashboard needn't wait for a window's end, and a late fact is no special case: it makes one version more. The sum is
 * dropped when its window is closed; contributions that come later must not get here.
 */
public final class RunningTotals extends KeyedProcessFunction<TotalKey, Contribution, Outgoing> {
  private static final long serialVersionUID = 1;
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
    Running before = total.value();
    if (before == null) {
      before = Running.NOTHING;
      context.timerService().registerEventTimeTimer(Horizon.closing(more.key().end()));
    }
    if (!before.announced()) {
      long now = context.timerService().currentProcessingTime();
      context.timerService().registerProcessingTimeTimer(now + interval);
    }
    total.update(before.plus(more).announced(true));
  }

  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<Outgoing> out) throws Exception {
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
}
