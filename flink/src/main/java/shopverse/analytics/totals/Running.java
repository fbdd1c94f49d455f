package shopverse.analytics.totals;

/**
 * A total so far.
 *
 * @param facts how many facts are in it, which is also its version: of two values of one total the one of more facts
 *     is the later, whichever run of the job wrote it
 * @param announced whether it is about to be sent
 */
public record Running(
    long sold,
    long refunded,
    long units,
    long baskets,
    long orders,
    long facts,
    String title,
    String department,
    boolean announced) {

  /** A total of nothing. */
  public static final Running NOTHING = new Running(0, 0, 0, 0, 0, 0, "", "", false);

  /** This total with one fact more. */
  public Running plus(Contribution more) {
    return new Running(
        sold + more.sold(),
        refunded + more.refunded(),
        units + more.units(),
        baskets + more.baskets(),
        orders + more.orders(),
        facts + 1,
        more.title(),
        more.department(),
        announced);
  }

  /** The same total, about to be sent or sent. */
  public Running announced(boolean now) {
    return new Running(sold, refunded, units, baskets, orders, facts, title, department, now);
  }
}
