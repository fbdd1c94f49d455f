package shopverse.analytics.totals;

import shopverse.analytics.Horizon;
import shopverse.analytics.v1.Analytics.FunnelStep;
import shopverse.analytics.v1.Analytics.Period;

/**
 * What a running total is a total of. Enums are told by number: a key's hash must be the same in every process.
 *
 * @param kind which table it is a row of
 * @param period the number of a {@link Period}
 * @param start the window's start, in epoch ms
 * @param name the department, the SKU, or the number of a {@link FunnelStep}
 * @param currency the ISO 4217 code; empty for a step
 */
public record TotalKey(String kind, int period, long start, String name, String currency) {
  public static final String REVENUE = "revenue";
  public static final String PRODUCT = "product";
  public static final String FUNNEL = "funnel";
  private static final long HOUR = 3_600_000;

  /** A department's minute. */
  public static TotalKey ofMinute(long time, String department, String currency) {
    return new TotalKey(REVENUE, Period.PERIOD_MINUTE_VALUE, Horizon.minuteOf(time), department, currency);
  }

  /** A department's hour. */
  public static TotalKey ofHour(long time, String department, String currency) {
    return new TotalKey(REVENUE, Period.PERIOD_HOUR_VALUE, hourOf(time), department, currency);
  }

  /** A product's hour. */
  public static TotalKey ofProduct(long time, String sku, String currency) {
    return new TotalKey(PRODUCT, Period.PERIOD_HOUR_VALUE, hourOf(time), sku, currency);
  }

  /** A step's minute. */
  public static TotalKey ofMinute(long time, FunnelStep step) {
    String name = String.valueOf(step.getNumber());
    return new TotalKey(FUNNEL, Period.PERIOD_MINUTE_VALUE, Horizon.minuteOf(time), name, "");
  }

  /** A step's hour. */
  public static TotalKey ofHour(long time, FunnelStep step) {
    return new TotalKey(FUNNEL, Period.PERIOD_HOUR_VALUE, hourOf(time), String.valueOf(step.getNumber()), "");
  }

  /** When the window ends. */
  public long end() {
    return start + (period == Period.PERIOD_HOUR_VALUE ? HOUR : 60_000);
  }

  private static long hourOf(long time) {
    return Math.floorDiv(time, HOUR) * HOUR;
  }
}
