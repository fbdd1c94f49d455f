package shopverse.analytics.totals;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.ProcessFunctionTestHarnesses;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import shopverse.analytics.Horizon;
import shopverse.analytics.Outgoing;
import shopverse.analytics.v1.AnalyticsEvents.AnalyticsRecord;
import shopverse.analytics.v1.AnalyticsEvents.OverdueFact;
import shopverse.analytics.v1.AnalyticsEvents.RevenueTotal;

class RunningTotalsTest {
  private static final long NOON = 43_200_000;
  private KeyedOneInputStreamOperatorTestHarness<TotalKey, Contribution, Outgoing> operator;

  @BeforeEach
  void open() throws Exception {
    operator =
        ProcessFunctionTestHarnesses.forKeyedProcessFunction(
            new RunningTotals(500), Contribution::key, TypeInformation.of(TotalKey.class));
    operator.setProcessingTime(0);
  }

  @AfterEach
  void close() throws Exception {
    operator.close();
  }

  @Test
  void sendsWhatChangedOnceAnInterval() throws Exception {
    add(NOON, 100);
    add(NOON + 1, 20);
    operator.setProcessingTime(499);
    assertEquals(List.of(), sent());
    operator.setProcessingTime(500);
    assertEquals(List.of("2 facts 120"), sent());
    operator.setProcessingTime(5000);
    assertEquals(1, sent().size(), "nothing changed");
  }

  @Test
  void sendsAgainForALateFactWithAHigherVersion() throws Exception {
    add(NOON, 100);
    operator.setProcessingTime(500);
    operator.processWatermark(NOON + 5 * 60_000);
    add(NOON, 7);
    operator.setProcessingTime(1000);
    assertEquals(List.of("1 facts 100", "2 facts 107"), sent());
  }

  @Test
  void sendsTheLastChangeWhenTheWindowCloses() throws Exception {
    add(NOON, 100);
    operator.processWatermark(Horizon.closingOf(NOON));
    assertEquals(List.of("1 facts 100"), sent());
    assertEquals(0, operator.numKeyedStateEntries());
    operator.setProcessingTime(500);
    assertEquals(1, sent().size(), "a timer that was left finds nothing");
  }

  @Test
  void tellsOfWhatComesAfterTheWindowClosedAndKeepsNothing() throws Exception {
    operator.processWatermark(Horizon.closingOf(NOON));
    add(NOON + 30_000, 100);
    assertEquals(0, operator.numKeyedStateEntries());
    OverdueFact overdue = AnalyticsRecord.parseFrom(operator.extractOutputValues().get(0).value()).getOverdueFact();
    assertEquals(OverdueFact.Totals.TOTALS_SALES, overdue.getTotals());
    assertEquals(NOON / 1000, overdue.getMinute().getSeconds());
  }

  private void add(long time, long sold) throws Exception {
    TotalKey key = TotalKey.ofMinute(time, "GROCERY", "USD");
    operator.processElement(new Contribution(key, "e", time, sold, 0, 1, 0, 0, "", "GROCERY"), time);
  }

  private List<String> sent() throws Exception {
    return operator.extractOutputValues().stream().map(RunningTotalsTest::told).toList();
  }

  private static String told(Outgoing outgoing) {
    try {
      RevenueTotal total = AnalyticsRecord.parseFrom(outgoing.value()).getRevenueTotal();
      return total.getFactCount() + " facts " + total.getFigures().getSold().getMinorUnits();
    } catch (Exception cause) {
      throw new AssertionError(cause);
    }
  }
}
