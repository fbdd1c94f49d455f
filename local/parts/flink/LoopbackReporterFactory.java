package org.apache.flink.metrics.prometheus;

import io.prometheus.client.exporter.HTTPServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Properties;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/**
 * Flink's reporter of metrics for Prometheus, listening on the loopback: its own can't be told an address, and listens on
 * all of them. It is in Flink's package because the registry can be reached from nowhere else.
 */
public final class LoopbackReporterFactory implements MetricReporterFactory {
  @Override
  public MetricReporter createMetricReporter(Properties properties) {
    return new LoopbackReporter(Integer.parseInt(properties.getProperty("port")));
  }

  private static final class LoopbackReporter extends AbstractPrometheusReporter {
    private final HTTPServer server;

    LoopbackReporter(int port) {
      InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
      try {
        server = new HTTPServer(address, registry, true);
      } catch (IOException error) {
        throw new UncheckedIOException("metrics cannot be served at " + address, error);
      }
    }

    @Override
    public void close() {
      server.stop();
      super.close();
    }
  }
}
