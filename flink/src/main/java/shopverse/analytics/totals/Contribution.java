package shopverse.analytics.totals;

import shopverse.analytics.source.Fact;
import shopverse.analytics.v1.AnalyticsEvents.SaleLine;

/**
 * What one fact adds to one total. Amounts are in minor units.
 *
 * @param eventId the fact's id
 * @param time when it happened, in epoch ms
 * @param title the product's title, for a total of a product
 * @param department the product's department, for a total of a product
 */
public record Contribution(
    TotalKey key,
    String eventId,
    long time,
    long sold,
    long refunded,
    long units,
    long baskets,
    long orders,
    String title,
    String department) {

  /** One step of the funnel. */
  public static Contribution step(TotalKey key, Fact fact) {
    return new Contribution(key, fact.id(), fact.time(), 0, 0, 0, 0, 0, "", "");
  }

  /** What a sale line adds. */
  public static Contribution of(TotalKey key, Fact fact, SaleLine line) {
    long amount = line.getAmount().getMinorUnits();
    boolean refund = line.getEntry() == SaleLine.Entry.ENTRY_REFUND;
    return new Contribution(
        key,
        fact.id(),
        fact.time(),
        refund ? 0 : amount,
        refund ? -amount : 0,
        line.getUnits(),
        line.getBaskets(),
        line.getOrders(),
        line.getTitle(),
        line.getDepartment());
  }
}
