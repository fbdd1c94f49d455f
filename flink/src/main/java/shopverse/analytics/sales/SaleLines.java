package shopverse.analytics.sales;

import com.google.protobuf.Timestamp;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import shopverse.analytics.v1.AnalyticsEvents.SaleLine;
import shopverse.common.v1.MoneyOuterClass.Money;

/** The sale lines of one movement of money. A function of the order and the movement alone. */
final class SaleLines {
  private SaleLines() {}

  static List<SaleLine> of(OrderValue order, Movement movement, String eventId, Timestamp time) {
    long[] before = Apportionment.split(movement.from(), order.amounts);
    long[] after = Apportionment.split(movement.to(), order.amounts);
    boolean sale = movement.entry() == SaleLine.Entry.ENTRY_SALE;
    int sign = sale ? 1 : -1;
    int counted = sale || movement.paysBackTheLast() ? sign : 0;
    Set<String> departments = new HashSet<>();
    List<SaleLine> lines = new ArrayList<>();
    for (int i = 0; i < after.length; i++) {
      SaleLine line = order.lines.get(i);
      boolean item = line.getComponent() == SaleLine.Component.COMPONENT_ITEM;
      boolean firstOfDepartment = item && departments.add(line.getDepartment());
      lines.add(
          line.toBuilder()
              .setEventId(eventId)
              .setLineNumber(i + 1)
              .setLineCount(after.length)
              .setEventTime(time)
              .setPaymentId(movement.paymentId())
              .setEntry(movement.entry())
              .setAmount(money(movement, sign * (after[i] - before[i])))
              .setUnits(counted * line.getUnits())
              .setBaskets(firstOfDepartment ? counted : 0)
              .setOrders(i == 0 ? counted : 0)
              .build());
    }
    return lines;
  }

  private static Money money(Movement movement, long minorUnits) {
    return Money.newBuilder().setCurrencyCode(movement.currency()).setMinorUnits(minorUnits).build();
  }
}
