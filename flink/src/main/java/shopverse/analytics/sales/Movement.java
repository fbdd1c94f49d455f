package shopverse.analytics.sales;

import shopverse.analytics.v1.AnalyticsEvents.SaleLine;
import shopverse.common.v1.MoneyOuterClass.Money;
import shopverse.payment.v1.PaymentEvents.PaymentCaptured;
import shopverse.payment.v1.PaymentEvents.PaymentEvent;
import shopverse.payment.v1.PaymentEvents.PaymentRefunded;

/**
 * Money taken for an order, or paid back: of what was captured, the stretch from {@code from} to {@code to}, in minor
 * units. A capture goes from nothing to all; refunds go on where the one before ended, so that together they pay back
 * each line exactly, in whatever order they are computed.
 */
record Movement(
    String orderId,
    String paymentId,
    SaleLine.Entry entry,
    String currency,
    long from,
    long to,
    long captured) {

  /** The movement that a payment's fact tells of, or null when it tells of none. */
  static Movement of(PaymentEvent event) {
    return switch (event.getEventCase()) {
      case CAPTURED -> capture(event.getCaptured());
      case REFUNDED -> refund(event.getRefunded());
      default -> null;
    };
  }

  /** Whether nothing that was captured is left after it. */
  boolean paysBackTheLast() {
    return entry == SaleLine.Entry.ENTRY_REFUND && to >= captured;
  }

  private static Movement capture(PaymentCaptured captured) {
    Money all = captured.getCaptured();
    return new Movement(
        captured.getOrderId(),
        captured.getPaymentId(),
        SaleLine.Entry.ENTRY_SALE,
        all.getCurrencyCode(),
        0,
        all.getMinorUnits(),
        all.getMinorUnits());
  }

  private static Movement refund(PaymentRefunded refunded) {
    long to = refunded.getRefunded().getMinorUnits();
    return new Movement(
        refunded.getOrderId(),
        refunded.getPaymentId(),
        SaleLine.Entry.ENTRY_REFUND,
        refunded.getAmount().getCurrencyCode(),
        to - refunded.getAmount().getMinorUnits(),
        to,
        refunded.getCaptured().getMinorUnits());
  }
}
