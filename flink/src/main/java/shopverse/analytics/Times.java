package shopverse.analytics;

import com.google.protobuf.Timestamp;

/** Epoch milliseconds as the contracts state them. */
public final class Times {
  private Times() {}

  /** The protobuf timestamp of these epoch milliseconds. */
  public static Timestamp proto(long millis) {
    return Timestamp.newBuilder()
        .setSeconds(Math.floorDiv(millis, 1000))
        .setNanos(Math.floorMod(millis, 1000) * 1_000_000)
        .build();
  }
}
