package shopverse.analytics.sales;

import com.google.protobuf.InvalidProtocolBufferException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.metrics.Counter;
import org.apache.flink.util.Collector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import shopverse.analytics.source.Fact;
import shopverse.order.v1.OrderEvents.OrderEvent;
import shopverse.order.v1.OrderEvents.OrderPlaced;
import shopverse.payment.v1.PaymentEvents.PaymentEvent;

/**
 * Picks the facts that sale lines are made of. One that can't be read, or makes no sense, is counted and passed over:
 * it would stop the job for everybody, and the reconciliation shows what it left out.
 */
public final class OrderFacts extends RichFlatMapFunction<Fact, OrderFact> {
  private static final long serialVersionUID = 1;
  private static final Logger LOG = LoggerFactory.getLogger(OrderFacts.class);
  private transient Counter unsound;

  @Override
  public void open(OpenContext context) {
    unsound = getRuntimeContext().getMetricGroup().counter("unsound");
  }

  @Override
  public void flatMap(Fact fact, Collector<OrderFact> out) {
    try {
      OrderFact read = read(fact);
      if (read != null) {
        out.collect(read);
      }
    } catch (InvalidProtocolBufferException | IllegalArgumentException cause) {
      unsound.inc();
      LOG.warn("The fact {} of {} is passed over: {}", fact.id(), fact.topic(), cause.getMessage());
    }
  }

  /** The movement of a payment's fact that was let through. */
  static Movement movementOf(Fact fact) throws InvalidProtocolBufferException {
    return Movement.of(PaymentEvent.parseFrom(fact.payload()));
  }

  private static OrderFact read(Fact fact) throws InvalidProtocolBufferException {
    return switch (fact.type()) {
      case "shopverse.order.v1.OrderPlaced" -> placed(fact);
      case "shopverse.payment.v1.PaymentCaptured", "shopverse.payment.v1.PaymentRefunded" -> moved(fact);
      default -> null;
    };
  }

  private static OrderFact placed(Fact fact) throws InvalidProtocolBufferException {
    OrderPlaced order = OrderEvent.parseFrom(fact.payload()).getPlaced();
    if (order.getOrderId().isEmpty() || order.getLinesCount() == 0) {
      throw new IllegalArgumentException("an order without an id or lines");
    }
    OrderPlaced needed = order.toBuilder().clearCartId().clearReserveDeadline().clearCouponCode().build();
    Fact kept =
        new Fact(
            fact.id(), fact.topic(), fact.type(), fact.subject(), fact.time(), needed.toByteArray(), fact.overdue());
    return new OrderFact(order.getOrderId(), false, kept);
  }

  private static OrderFact moved(Fact fact) throws InvalidProtocolBufferException {
    Movement movement = movementOf(fact);
    if (movement == null || movement.orderId().isEmpty()) {
      throw new IllegalArgumentException("a movement of no order's money");
    }
    if (movement.from() < 0 || movement.to() < movement.from() || movement.captured() < movement.to()) {
      throw new IllegalArgumentException("a movement that pays back what wasn't captured");
    }
    return new OrderFact(movement.orderId(), true, fact);
  }
}
