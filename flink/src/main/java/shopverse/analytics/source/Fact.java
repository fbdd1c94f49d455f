package shopverse.analytics.source;

/**
 * A record of a domain's topic with its envelope read and its payload still encoded.
 *
 * @param id the event's id, the same in every copy
 * @param type the full name of the fact's message
 * @param subject the aggregate's id
 * @param time when it happened, in epoch ms; never after Kafka took the record, whatever a client's clock says
 * @param overdue whether it came after the totals of its time were closed
 */
public record Fact(
    String id, String topic, String type, String subject, long time, byte[] payload, boolean overdue) {

  /** The same fact, known to be overdue. */
  public Fact asOverdue() {
    return new Fact(id, topic, type, subject, time, payload, true);
  }
}
