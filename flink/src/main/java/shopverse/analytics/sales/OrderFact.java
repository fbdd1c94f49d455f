package shopverse.analytics.sales;

import shopverse.analytics.source.Fact;

/**
 * A fact that sale lines are made of. The payload of the fact is the placed order itself, or a payment's event.
 *
 * @param orderId the order it is about, which is not a payment's own key
 * @param isMovement whether it is a capture or refund, rather than the order
 */
public record OrderFact(String orderId, boolean isMovement, Fact fact) {}
