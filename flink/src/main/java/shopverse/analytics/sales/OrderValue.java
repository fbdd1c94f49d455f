package shopverse.analytics.sales;

import java.util.ArrayList;
import java.util.List;
import shopverse.analytics.v1.AnalyticsEvents.SaleLine;
import shopverse.common.v1.MoneyOuterClass.Money;
import shopverse.order.v1.OrderEvents.OrderPlaced;
import shopverse.order.v1.OrderOuterClass.OrderLine;

/** What an order is worth, line by line: its items less their part of the order's discount, delivery, and tax. */
final class OrderValue {
  /** The lines in order, each with its fixed fields set, without an amount. */
  final List<SaleLine> lines;

  /** What each line is worth in minor units; their sum is the order's total. */
  final long[] amounts;

  private OrderValue(List<SaleLine> lines, long[] amounts) {
    this.lines = lines;
    this.amounts = amounts;
  }

  static OrderValue of(OrderPlaced order) {
    List<SaleLine> lines = new ArrayList<>();
    List<Long> amounts = new ArrayList<>();
    long[] gross = order.getLinesList().stream().mapToLong(line -> line.getAmount().getMinorUnits()).toArray();
    long[] discounts = Apportionment.split(Math.max(0, order.getDiscount().getMinorUnits()), gross);
    for (int i = 0; i < gross.length; i++) {
      lines.add(item(order, order.getLines(i)));
      amounts.add(gross[i] - discounts[i]);
    }
    addCharge(order, SaleLine.Component.COMPONENT_SHIPPING, order.getShipping(), lines, amounts);
    addCharge(order, SaleLine.Component.COMPONENT_TAX, order.getTax(), lines, amounts);
    return new OrderValue(lines, amounts.stream().mapToLong(Long::longValue).toArray());
  }

  private static void addCharge(
      OrderPlaced order, SaleLine.Component component, Money charge, List<SaleLine> lines, List<Long> amounts) {
    if (charge.getMinorUnits() != 0) {
      lines.add(common(order).setComponent(component).build());
      amounts.add(charge.getMinorUnits());
    }
  }

  private static SaleLine item(OrderPlaced order, OrderLine line) {
    return common(order)
        .setComponent(SaleLine.Component.COMPONENT_ITEM)
        .setSku(line.getSku())
        .setTitle(line.getTitle())
        .setDepartment(category(line, 0))
        .setCategory(category(line, 1))
        .setProductType(category(line, 2))
        .setUnits(line.getQuantity())
        .build();
  }

  private static SaleLine.Builder common(OrderPlaced order) {
    return SaleLine.newBuilder()
        .setOrderId(order.getOrderId())
        .setUserId(order.getUserId())
        .setSalesChannel(order.getSalesChannel().name().replace("SALES_CHANNEL_", ""));
  }

  private static String category(OrderLine line, int depth) {
    return depth < line.getCategoryPathCount() ? line.getCategoryPath(depth) : "";
  }
}
