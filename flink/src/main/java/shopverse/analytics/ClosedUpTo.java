package shopverse.analytics;

import java.io.Serializable;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.streaming.api.TimerService;

/**
 * The watermark up to which an operator has forgotten things, over restarts: Flink begins each run without a watermark,
 * and would take a fact of long ago for a timely one until it has one again.
 */
public final class ClosedUpTo implements Serializable {
  private static final long serialVersionUID = 1;
  private transient ListState<Long> saved;
  private long watermark = Long.MIN_VALUE;

  /** Goes on from the furthest of all parallel instances: taking a fact for overdue is always safe. */
  public void restore(FunctionInitializationContext context) throws Exception {
    saved = context.getOperatorStateStore().getUnionListState(new ListStateDescriptor<>("closed", Types.LONG));
    for (long earlier : saved.get()) {
      watermark = Math.max(watermark, earlier);
    }
  }

  /** Keeps it in the checkpoint. */
  public void save() throws Exception {
    saved.update(List.of(watermark));
  }

  /** The watermark now. To be asked before anything is forgotten, too. */
  public long now(TimerService timers) {
    watermark = Math.max(watermark, timers.currentWatermark());
    return watermark;
  }
}
