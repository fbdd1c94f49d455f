package shopverse.analytics.sales;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import shopverse.analytics.LateFacts;
import shopverse.analytics.Outgoing;
import shopverse.analytics.Times;
import shopverse.analytics.source.Fact;
import shopverse.analytics.totals.Contribution;
import shopverse.analytics.totals.TotalKey;
import shopverse.analytics.v1.AnalyticsEvents.AnalyticsRecord;
import shopverse.analytics.v1.AnalyticsEvents.OverdueFact.Totals;
import shopverse.analytics.v1.AnalyticsEvents.SaleLine;
import shopverse.order.v1.OrderEvents.OrderPlaced;

/**
 * Books each capture and refund of an order as sale lines, keyed by order. Orders and payments come from different
 * topics, so a movement may come before its order: it waits. An order's lines are kept for good, since money may be
 * paid back at any time.
 */
public final class SaleBooker extends KeyedProcessFunction<String, OrderFact, Contribution> {
  /** The lines themselves, and the word of each movement that came too late for the totals. */
  public static final OutputTag<Outgoing> RECORDS = new OutputTag<>("sale-lines") {};

  private static final long serialVersionUID = 1;
  private transient ValueState<byte[]> placed;
  private transient ListState<Fact> waiting;

  @Override
  public void open(OpenContext context) {
    placed = getRuntimeContext().getState(new ValueStateDescriptor<>("placed", byte[].class));
    waiting =
        getRuntimeContext().getListState(new ListStateDescriptor<>("waiting", TypeInformation.of(Fact.class)));
  }

  @Override
  public void processElement(OrderFact order, Context context, Collector<Contribution> out) throws Exception {
    Fact fact = order.fact();
    if (!order.isMovement()) {
      placed.update(fact.payload());
      for (Fact earlier : waiting.get()) {
        book(earlier, context, out);
      }
      waiting.clear();
    } else if (placed.value() == null) {
      waiting.add(fact);
    } else {
      book(fact, context, out);
    }
  }

  private void book(Fact fact, Context context, Collector<Contribution> out) throws Exception {
    OrderValue order = OrderValue.of(OrderPlaced.parseFrom(placed.value()));
    List<SaleLine> lines = linesOf(order, fact);
    if (fact.overdue()) {
      context.output(RECORDS, LateFacts.overdue(Totals.TOTALS_SALES, fact.id(), fact.time()));
    }
    for (SaleLine line : lines) {
      context.output(RECORDS, Outgoing.of(line.getOrderId(), AnalyticsRecord.newBuilder().setSaleLine(line)));
      if (!fact.overdue()) {
        contribute(line, fact, out);
      }
    }
  }

  private static List<SaleLine> linesOf(OrderValue order, Fact fact) throws InvalidProtocolBufferException {
    return SaleLines.of(order, OrderFacts.movementOf(fact), fact.id(), Times.proto(fact.time()));
  }

  private static void contribute(SaleLine line, Fact fact, Collector<Contribution> out) {
    String currency = line.getAmount().getCurrencyCode();
    long time = fact.time();
    out.collect(Contribution.of(TotalKey.ofMinute(time, line.getDepartment(), currency), fact, line));
    out.collect(Contribution.of(TotalKey.ofHour(time, line.getDepartment(), currency), fact, line));
    if (line.getComponent() == SaleLine.Component.COMPONENT_ITEM) {
      out.collect(Contribution.of(TotalKey.ofProduct(time, line.getSku(), currency), fact, line));
    }
  }
}
