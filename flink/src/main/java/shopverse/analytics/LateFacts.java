package shopverse.analytics;

import shopverse.analytics.source.Fact;
import shopverse.analytics.v1.AnalyticsEvents.AnalyticsRecord;
import shopverse.analytics.v1.AnalyticsEvents.LateFact;
import shopverse.analytics.v1.AnalyticsEvents.OverdueFact;

/** The records that tell of facts which came late. */
public final class LateFacts {
  private LateFacts() {}

  /** A fact that came when the watermark had passed it. */
  public static Outgoing of(Fact fact, long watermark, boolean overdue) {
    LateFact.Builder late =
        LateFact.newBuilder()
            .setEventId(fact.id())
            .setTopic(fact.topic())
            .setEventType(fact.type())
            .setEventTime(Times.proto(fact.time()))
            .setWatermark(Times.proto(watermark))
            .setOverdue(overdue);
    return Outgoing.of(fact.id(), AnalyticsRecord.newBuilder().setLateFact(late));
  }

  /** A fact that these totals no longer took, which happened at {@code time} (epoch ms). */
  public static Outgoing overdue(OverdueFact.Totals totals, String eventId, long time) {
    OverdueFact.Builder overdue =
        OverdueFact.newBuilder()
            .setTotals(totals)
            .setMinute(Times.proto(Horizon.minuteOf(time)))
            .setEventId(eventId);
    return Outgoing.of(eventId, AnalyticsRecord.newBuilder().setOverdueFact(overdue));
  }
}
