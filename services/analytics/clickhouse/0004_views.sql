-- What dashboards read: the totals, but for windows with an overdue fact, which are computed from the facts. There a
-- total lacks something, or was begun anew.
CREATE VIEW overdue_windows AS
SELECT totals, period, if(period = 'HOUR', toStartOfHour(minute), minute) AS window_start
FROM overdue_minutes ARRAY JOIN ['MINUTE', 'HOUR'] AS period
GROUP BY totals, period, window_start;

CREATE VIEW revenue AS
SELECT period, window_start, department, currency, sold, refunded, units, baskets, orders
FROM revenue_totals FINAL
WHERE (period, window_start) NOT IN (SELECT period, window_start FROM overdue_windows WHERE totals = 'SALES')
UNION ALL
SELECT 'MINUTE' AS period, toStartOfMinute(event_time) AS window_start, department, currency,
    sumIf(amount, entry = 'SALE') AS sold, -sumIf(amount, entry = 'REFUND') AS refunded,
    sum(units) AS units, sum(baskets) AS baskets, sum(orders) AS orders
FROM sale_lines FINAL
WHERE toStartOfHour(event_time) IN (SELECT window_start FROM overdue_windows WHERE totals = 'SALES' AND period = 'HOUR')
    AND toStartOfMinute(event_time) IN (SELECT minute FROM overdue_minutes WHERE totals = 'SALES')
GROUP BY window_start, department, currency
UNION ALL
SELECT 'HOUR' AS period, toStartOfHour(event_time) AS window_start, department, currency,
    sumIf(amount, entry = 'SALE') AS sold, -sumIf(amount, entry = 'REFUND') AS refunded,
    sum(units) AS units, sum(baskets) AS baskets, sum(orders) AS orders
FROM sale_lines FINAL
WHERE toStartOfHour(event_time) IN (SELECT window_start FROM overdue_windows WHERE totals = 'SALES' AND period = 'HOUR')
GROUP BY window_start, department, currency;

CREATE VIEW products AS
SELECT window_start, sku, currency, title, department, sold, refunded, units, baskets, orders
FROM product_totals FINAL
WHERE window_start NOT IN (SELECT window_start FROM overdue_windows WHERE totals = 'SALES' AND period = 'HOUR')
UNION ALL
SELECT toStartOfHour(event_time) AS window_start, sku, currency, argMax(title, event_time) AS title,
    argMax(department, event_time) AS department,
    sumIf(amount, entry = 'SALE') AS sold, -sumIf(amount, entry = 'REFUND') AS refunded,
    sum(units) AS units, sum(baskets) AS baskets, sum(orders) AS orders
FROM sale_lines FINAL
WHERE component = 'ITEM'
    AND toStartOfHour(event_time) IN (SELECT window_start FROM overdue_windows WHERE totals = 'SALES' AND period = 'HOUR')
GROUP BY window_start, sku, currency;

-- Steps of the funnel by the type of the fact, as the stream job tells them.
CREATE VIEW funnel_steps AS
SELECT event_time,
    transform(type,
        ['shopverse.gateway.v1.ProductViewed', 'shopverse.gateway.v1.SearchPerformed',
         'shopverse.gateway.v1.CartItemAdded', 'shopverse.gateway.v1.CheckoutStarted',
         'shopverse.order.v1.OrderPlaced', 'shopverse.order.v1.PaymentRequested',
         'shopverse.order.v1.OrderConfirmed', 'shopverse.order.v1.OrderPaid',
         'shopverse.order.v1.OrderRejected', 'shopverse.order.v1.OrderCancelled'],
        ['VIEWED', 'SEARCHED', 'ITEM_ADDED', 'CHECKOUT_STARTED', 'PLACED', 'RESERVED', 'CONFIRMED', 'PAID',
         'REJECTED', 'CANCELLED'], '') AS step
FROM events_raw FINAL
WHERE step != '';

CREATE VIEW funnel AS
SELECT period, window_start, step, fact_count
FROM funnel_totals FINAL
WHERE (period, window_start) NOT IN (SELECT period, window_start FROM overdue_windows WHERE totals = 'FUNNEL')
UNION ALL
SELECT 'MINUTE' AS period, toStartOfMinute(event_time) AS window_start, step, count() AS fact_count
FROM funnel_steps
WHERE toStartOfMinute(event_time) IN (SELECT minute FROM overdue_minutes WHERE totals = 'FUNNEL')
GROUP BY window_start, step
UNION ALL
SELECT 'HOUR' AS period, toStartOfHour(event_time) AS window_start, step, count() AS fact_count
FROM funnel_steps
WHERE toStartOfHour(event_time) IN (SELECT window_start FROM overdue_windows WHERE totals = 'FUNNEL' AND period = 'HOUR')
GROUP BY window_start, step;
