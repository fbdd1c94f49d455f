package shopverse.analytics;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the job is started with.
 *
 * @param brokers Kafka's addresses, host:port, separated by commas
 * @param group the consumer group that shows how far the job has read; where it goes on is in its checkpoints
 * @param sources the domains' topics that it reads
 * @param target the derived topic that it writes
 */
public record JobOptions(String brokers, String group, List<String> sources, String target) {

  /** Reads {@code --name value} pairs. Throws IllegalArgumentException naming what is missing. */
  public static JobOptions of(String... arguments) {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      given.put(arguments[i], arguments[i + 1]);
    }
    return new JobOptions(
        required(given, "--brokers"),
        required(given, "--group"),
        List.of(required(given, "--sources").split(",")),
        required(given, "--target"));
  }

  private static String required(Map<String, String> given, String name) {
    String value = given.get(name);
    if (value == null || value.isEmpty()) {
      throw new IllegalArgumentException("The option " + name + " is missing");
    }
    return value;
  }
}
