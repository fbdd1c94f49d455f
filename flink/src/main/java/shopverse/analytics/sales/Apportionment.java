package shopverse.analytics.sales;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Splits an amount over shares so that nothing is lost to rounding. */
public final class Apportionment {
  private Apportionment() {}

  /**
   * Splits {@code total}, not negative, in proportion to the weights, by largest remainder: each part is its quota
   * rounded down or up, the parts sum to the total, and of equal remainders the earlier is rounded up. A total that
   * equals the sum of the weights gives the weights themselves. Negative weights count as zero; when all are zero the
   * parts are as equal as can be. Without weights there must be nothing to split.
   */
  public static long[] split(long total, long[] weights) {
    if (total < 0 || (total > 0 && weights.length == 0)) {
      throw new IllegalArgumentException("Can't split " + total + " over " + weights.length + " shares");
    }
    BigInteger[] shares = shares(weights);
    BigInteger whole = BigInteger.ZERO;
    for (BigInteger share : shares) {
      whole = whole.add(share);
    }
    long[] parts = new long[shares.length];
    BigInteger[] remainders = new BigInteger[shares.length];
    long left = total;
    for (int i = 0; i < shares.length; i++) {
      BigInteger[] quota = shares[i].multiply(BigInteger.valueOf(total)).divideAndRemainder(whole);
      parts[i] = quota[0].longValueExact();
      remainders[i] = quota[1];
      left -= parts[i];
    }
    IntStream.range(0, parts.length)
        .boxed()
        .sorted(Comparator.<Integer, BigInteger>comparing(i -> remainders[i]).reversed())
        .limit(left)
        .forEach(i -> parts[i]++);
    return parts;
  }

  private static BigInteger[] shares(long[] weights) {
    boolean none = IntStream.range(0, weights.length).allMatch(i -> weights[i] <= 0);
    return IntStream.range(0, weights.length)
        .mapToObj(i -> none ? BigInteger.ONE : BigInteger.valueOf(Math.max(0, weights[i])))
        .toArray(BigInteger[]::new);
  }
}
