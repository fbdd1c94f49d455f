package shopverse.analytics.sales;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ApportionmentTest {
  @Test
  void givesTheOddCentToTheLargestRemainder() {
    assertArrayEquals(new long[] {33, 34, 33}, Apportionment.split(100, new long[] {199, 201, 199}));
    assertArrayEquals(new long[] {34, 33, 33}, Apportionment.split(100, new long[] {1, 1, 1}));
    assertArrayEquals(new long[] {0, 5}, Apportionment.split(5, new long[] {-3, 7}));
    assertArrayEquals(new long[] {2, 1}, Apportionment.split(3, new long[] {0, 0}));
    assertArrayEquals(new long[0], Apportionment.split(0, new long[0]));
  }

  @Test
  void refusesWhatCantBeSplit() {
    assertThrows(IllegalArgumentException.class, () -> Apportionment.split(-1, new long[] {1}));
    assertThrows(IllegalArgumentException.class, () -> Apportionment.split(1, new long[0]));
  }

  @Test
  void losesNothingAndStaysWithinOneOfTheQuota() {
    Random random = new Random(7);
    for (int round = 0; round < 5000; round++) {
      long[] weights = random.longs(1 + random.nextInt(40), 0, 1L << (1 + random.nextInt(40))).toArray();
      long total = random.nextLong(1L << (1 + random.nextInt(50)));
      long[] parts = Apportionment.split(total, weights);
      assertEquals(total, Arrays.stream(parts).sum());
      double whole = Arrays.stream(weights).sum();
      for (int i = 0; whole > 0 && total < 1L << 40 && i < parts.length; i++) {
        double quota = total * (weights[i] / whole);
        assertTrue(Math.abs(parts[i] - quota) < 1.001, () -> "round with " + Arrays.toString(weights));
      }
      assertArrayEquals(weights, Apportionment.split(Arrays.stream(weights).sum(), weights));
    }
  }
}
