package shopverse.analytics;

/**
 * How long the totals of a minute stay open, counted in event time. What comes later is overdue: it changes no total,
 * and whoever reads computes the windows of its minute from the facts. Ids are remembered exactly as long as totals
 * are open, so a copy that is no longer recognised as one is overdue, and can't count twice.
 */
public final class Horizon {
  private static final long MINUTE = 60_000;
  private static final long OPEN = 10 * MINUTE;

  private Horizon() {}

  /** When the minute of this time starts. */
  public static long minuteOf(long time) {
    return Math.floorDiv(time, MINUTE) * MINUTE;
  }

  /** The watermark at which totals that end at {@code windowEnd} are closed. */
  public static long closing(long windowEnd) {
    return windowEnd + OPEN;
  }

  /** The watermark at which the minute of this time is closed. */
  public static long closingOf(long time) {
    return closing(minuteOf(time) + MINUTE);
  }

  /** Whether the minute of this time is closed. */
  public static boolean isOverdue(long time, long watermark) {
    return closingOf(time) <= watermark;
  }
}
