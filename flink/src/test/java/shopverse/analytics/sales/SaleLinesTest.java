package shopverse.analytics.sales;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.Timestamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import shopverse.analytics.v1.AnalyticsEvents.SaleLine;
import shopverse.analytics.v1.AnalyticsEvents.SaleLine.Component;
import shopverse.analytics.v1.AnalyticsEvents.SaleLine.Entry;
import shopverse.common.v1.MoneyOuterClass.Money;
import shopverse.order.v1.OrderEvents.OrderPlaced;
import shopverse.order.v1.OrderOuterClass.OrderLine;
import shopverse.order.v1.OrderOuterClass.SalesChannel;

class SaleLinesTest {
  private static final Timestamp NOON = Timestamp.newBuilder().setSeconds(43_200).build();

  @Test
  void takesTheDiscountOffTheItemsAndTellsChargesApart() {
    OrderPlaced order = order(100, 500, 70, line("A", 1000, 1), line("A", 0, 3), line("B", 2000, 2));
    List<SaleLine> lines = lines(order, new Movement("o", "p", Entry.ENTRY_SALE, "USD", 0, 3470, 3470));
    assertEquals(List.of(967L, 0L, 1933L, 500L, 70L), lines.stream().map(SaleLinesTest::amount).toList());
    assertEquals(List.of(1L, 3L, 2L, 0L, 0L), lines.stream().map(SaleLine::getUnits).toList());
    assertEquals(List.of(1, 0, 1, 0, 0), lines.stream().map(SaleLine::getBaskets).toList());
    assertEquals(List.of(1, 0, 0, 0, 0), lines.stream().map(SaleLine::getOrders).toList());
    assertEquals(
        List.of(Component.COMPONENT_SHIPPING, Component.COMPONENT_TAX),
        lines.stream().skip(3).map(SaleLine::getComponent).toList());
    assertEquals(List.of("A", "A", "B", "", ""), lines.stream().map(SaleLine::getDepartment).toList());
  }

  @Test
  void refundsInAnyStepsPayBackEachLineExactly() {
    Random random = new Random(11);
    for (int round = 0; round < 2000; round++) {
      OrderPlaced order = randomOrder(random);
      long total = order.getTotal().getMinorUnits();
      List<SaleLine> all = new ArrayList<>(lines(order, new Movement("o", "p", Entry.ENTRY_SALE, "USD", 0, total, total)));
      assertEquals(total, all.stream().mapToLong(SaleLinesTest::amount).sum());
      for (long from = 0; from < total; ) {
        long to = Math.min(total, from + 1 + random.nextLong(total));
        List<SaleLine> back = lines(order, new Movement("o", "p", Entry.ENTRY_REFUND, "USD", from, to, total));
        assertEquals(from - to, back.stream().mapToLong(SaleLinesTest::amount).sum());
        all.addAll(back);
        from = to;
      }
      if (total == 0) {
        continue;
      }
      Map<Integer, Long> left = new HashMap<>();
      all.forEach(line -> left.merge(line.getLineNumber(), amount(line), Long::sum));
      left.values().forEach(amount -> assertEquals(0, amount));
      assertEquals(0, all.stream().mapToLong(SaleLine::getUnits).sum());
      assertEquals(0, all.stream().mapToInt(SaleLine::getBaskets).sum());
      assertEquals(0, all.stream().mapToInt(SaleLine::getOrders).sum());
    }
  }

  private static List<SaleLine> lines(OrderPlaced order, Movement movement) {
    return SaleLines.of(OrderValue.of(order), movement, "e", NOON);
  }

  private static OrderPlaced randomOrder(Random random) {
    List<OrderLine> lines = new ArrayList<>();
    long subtotal = 0;
    for (int i = 0; i <= random.nextInt(30); i++) {
      OrderLine line = line("D" + random.nextInt(4), random.nextInt(3) == 0 ? 0 : random.nextInt(5000), 1 + random.nextInt(9));
      subtotal += line.getAmount().getMinorUnits();
      lines.add(line);
    }
    long discount = random.nextBoolean() ? 0 : random.nextLong(subtotal + 1);
    return order(discount, random.nextInt(2) * 499L, random.nextInt(300), lines.toArray(OrderLine[]::new));
  }

  private static OrderPlaced order(long discount, long shipping, long tax, OrderLine... lines) {
    long subtotal = 0;
    for (OrderLine line : lines) {
      subtotal += line.getAmount().getMinorUnits();
    }
    return OrderPlaced.newBuilder()
        .setOrderId("o")
        .addAllLines(List.of(lines))
        .setDiscount(money(discount))
        .setShipping(money(shipping))
        .setTax(money(tax))
        .setTotal(money(subtotal - discount + shipping + tax))
        .setSalesChannel(SalesChannel.SALES_CHANNEL_TILL)
        .build();
  }

  private static OrderLine line(String department, long amount, int quantity) {
    return OrderLine.newBuilder()
        .setSku("s-" + department)
        .addCategoryPath(department)
        .setQuantity(quantity)
        .setAmount(money(amount))
        .build();
  }

  private static Money money(long minorUnits) {
    return Money.newBuilder().setCurrencyCode("USD").setMinorUnits(minorUnits).build();
  }

  private static long amount(SaleLine line) {
    return line.getAmount().getMinorUnits();
  }
}
