package shopverse.analytics.totals;

import shopverse.analytics.Outgoing;
import shopverse.analytics.Times;
import shopverse.analytics.v1.Analytics.SalesFigures;
import shopverse.analytics.v1.AnalyticsEvents.AnalyticsRecord;
import shopverse.analytics.v1.AnalyticsEvents.FunnelTotal;
import shopverse.analytics.v1.AnalyticsEvents.ProductTotal;
import shopverse.analytics.v1.AnalyticsEvents.RevenueTotal;
import shopverse.common.v1.MoneyOuterClass.Money;

/** Totals as records of the derived topic. */
final class TotalRecords {
  private TotalRecords() {}

  static Outgoing of(TotalKey key, Running total) {
    String recordKey = key.kind() + '|' + key.start() + '|' + key.name();
    return Outgoing.of(recordKey, switch (key.kind()) {
      case TotalKey.REVENUE -> AnalyticsRecord.newBuilder().setRevenueTotal(revenue(key, total));
      case TotalKey.PRODUCT -> AnalyticsRecord.newBuilder().setProductTotal(product(key, total));
      case TotalKey.FUNNEL -> AnalyticsRecord.newBuilder().setFunnelTotal(funnel(key, total));
      default -> throw new IllegalStateException("There are no totals of the kind " + key.kind());
    });
  }

  private static RevenueTotal.Builder revenue(TotalKey key, Running total) {
    return RevenueTotal.newBuilder()
        .setPeriodValue(key.period())
        .setWindowStart(Times.proto(key.start()))
        .setDepartment(key.name())
        .setFigures(figures(key, total))
        .setFactCount(total.facts());
  }

  private static ProductTotal.Builder product(TotalKey key, Running total) {
    return ProductTotal.newBuilder()
        .setWindowStart(Times.proto(key.start()))
        .setSku(key.name())
        .setTitle(total.title())
        .setDepartment(total.department())
        .setFigures(figures(key, total))
        .setFactCount(total.facts());
  }

  private static FunnelTotal.Builder funnel(TotalKey key, Running total) {
    return FunnelTotal.newBuilder()
        .setPeriodValue(key.period())
        .setWindowStart(Times.proto(key.start()))
        .setStepValue(Integer.parseInt(key.name()))
        .setFactCount(total.facts());
  }

  private static SalesFigures.Builder figures(TotalKey key, Running total) {
    return SalesFigures.newBuilder()
        .setSold(money(key, total.sold()))
        .setRefunded(money(key, total.refunded()))
        .setUnits(total.units())
        .setBaskets(total.baskets())
        .setOrders(total.orders());
  }

  private static Money.Builder money(TotalKey key, long minorUnits) {
    return Money.newBuilder().setCurrencyCode(key.currency()).setMinorUnits(minorUnits);
  }
}
