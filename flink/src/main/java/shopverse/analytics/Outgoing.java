package shopverse.analytics;

import static java.nio.charset.StandardCharsets.UTF_8;

import shopverse.analytics.v1.AnalyticsEvents.AnalyticsRecord;

/** A record on its way to the derived topic, encoded, so that it travels between operators as it is. */
public record Outgoing(byte[] key, byte[] value) {

  /** The record under this key. */
  public static Outgoing of(String key, AnalyticsRecord.Builder record) {
    return new Outgoing(key.getBytes(UTF_8), record.build().toByteArray());
  }
}
