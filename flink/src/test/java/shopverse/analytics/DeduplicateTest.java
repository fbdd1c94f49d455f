package shopverse.analytics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.ProcessFunctionTestHarnesses;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import shopverse.analytics.source.Fact;
import shopverse.analytics.v1.AnalyticsEvents.AnalyticsRecord;

class DeduplicateTest {
  private static final long NOON = 43_200_000;
  private static final long MINUTE = 60_000;
  private KeyedOneInputStreamOperatorTestHarness<String, Fact, Fact> operator;

  @BeforeEach
  void open() throws Exception {
    operator =
        ProcessFunctionTestHarnesses.forKeyedProcessFunction(new Deduplicate(), Deduplicate::keyOf, Types.STRING);
  }

  @AfterEach
  void close() throws Exception {
    operator.close();
  }

  @Test
  void letsTheFirstCopyThrough() throws Exception {
    take(fact("a", "one", NOON), fact("a", "one", NOON), fact("b", "one", NOON), fact("a", "one", NOON));
    assertEquals(List.of("a", "b"), operator.extractOutputValues().stream().map(Fact::id).toList());
    assertNull(operator.getSideOutput(Deduplicate.LATE));
  }

  @Test
  void tellsOfALateFactAndStillLetsItThroughOnce() throws Exception {
    operator.processWatermark(NOON + 5 * MINUTE);
    take(fact("a", "one", NOON), fact("a", "one", NOON));
    assertEquals(1, operator.extractOutputValues().size());
    assertFalse(operator.extractOutputValues().get(0).overdue());
    assertEquals(1, operator.getSideOutput(Deduplicate.LATE).size());
  }

  @Test
  void aCopyThatIsNoLongerRecognisedIsOverdue() throws Exception {
    take(fact("a", "one", NOON));
    operator.processWatermark(Horizon.closingOf(NOON) - 1);
    take(fact("a", "one", NOON));
    assertEquals(1, operator.extractOutputValues().size(), "still recognised just before the minute closes");
    assertEquals(1, operator.numKeyedStateEntries());

    operator.processWatermark(Horizon.closingOf(NOON));
    assertEquals(0, operator.numKeyedStateEntries(), "forgotten when the minute closes");
    take(fact("a", "one", NOON));
    assertTrue(operator.extractOutputValues().get(1).overdue());
    Outgoing late = operator.getSideOutput(Deduplicate.LATE).peek().getValue();
    assertTrue(AnalyticsRecord.parseFrom(late.value()).getLateFact().getOverdue());
    assertEquals(0, operator.numKeyedStateEntries(), "an overdue fact leaves nothing behind");
  }

  @Test
  void remembersOverARestartWhatItHasForgotten() throws Exception {
    take(fact("a", "one", NOON));
    operator.processWatermark(Horizon.closingOf(NOON));
    OperatorSubtaskState saved = operator.snapshot(1, 1);
    operator.close();

    operator =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new KeyedProcessOperator<>(new Deduplicate()), Deduplicate::keyOf, Types.STRING);
    operator.initializeState(saved);
    operator.open();
    take(fact("a", "one", NOON));
    assertTrue(operator.extractOutputValues().get(0).overdue());
  }

  private void take(Fact... facts) throws Exception {
    for (Fact fact : facts) {
      operator.processElement(fact, fact.time());
    }
  }

  private static Fact fact(String id, String subject, long time) {
    return new Fact(id, "topic", "type", subject, time, new byte[0], false);
  }
}
