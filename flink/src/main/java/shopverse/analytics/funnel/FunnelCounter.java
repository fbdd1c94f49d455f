package shopverse.analytics.funnel;

import static java.util.Map.entry;

import java.util.Map;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import shopverse.analytics.LateFacts;
import shopverse.analytics.Outgoing;
import shopverse.analytics.source.Fact;
import shopverse.analytics.totals.Contribution;
import shopverse.analytics.totals.TotalKey;
import shopverse.analytics.v1.Analytics.FunnelStep;
import shopverse.analytics.v1.AnalyticsEvents.OverdueFact.Totals;

/** Counts each fact that is a step of the funnel, by its type alone. */
public final class FunnelCounter extends ProcessFunction<Fact, Contribution> {
  /** Steps that came too late to be counted. */
  public static final OutputTag<Outgoing> OVERDUE = new OutputTag<>("overdue-steps") {};

  private static final long serialVersionUID = 1;
  private static final Map<String, FunnelStep> STEPS =
      Map.ofEntries(
          entry("shopverse.gateway.v1.ProductViewed", FunnelStep.FUNNEL_STEP_VIEWED),
          entry("shopverse.gateway.v1.SearchPerformed", FunnelStep.FUNNEL_STEP_SEARCHED),
          entry("shopverse.gateway.v1.CartItemAdded", FunnelStep.FUNNEL_STEP_ITEM_ADDED),
          entry("shopverse.gateway.v1.CheckoutStarted", FunnelStep.FUNNEL_STEP_CHECKOUT_STARTED),
          entry("shopverse.order.v1.OrderPlaced", FunnelStep.FUNNEL_STEP_PLACED),
          entry("shopverse.order.v1.PaymentRequested", FunnelStep.FUNNEL_STEP_RESERVED),
          entry("shopverse.order.v1.OrderConfirmed", FunnelStep.FUNNEL_STEP_CONFIRMED),
          entry("shopverse.order.v1.OrderPaid", FunnelStep.FUNNEL_STEP_PAID),
          entry("shopverse.order.v1.OrderRejected", FunnelStep.FUNNEL_STEP_REJECTED),
          entry("shopverse.order.v1.OrderCancelled", FunnelStep.FUNNEL_STEP_CANCELLED));

  @Override
  public void processElement(Fact fact, Context context, Collector<Contribution> out) {
    FunnelStep step = STEPS.get(fact.type());
    if (step == null) {
      return;
    }
    if (fact.overdue()) {
      context.output(OVERDUE, LateFacts.overdue(Totals.TOTALS_FUNNEL, fact.id(), fact.time()));
      return;
    }
    out.collect(Contribution.step(TotalKey.ofMinute(fact.time(), step), fact));
    out.collect(Contribution.step(TotalKey.ofHour(fact.time(), step), fact));
  }
}
