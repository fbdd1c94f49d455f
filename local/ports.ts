/** Where everything listens: offsets from one base, so that two stacks on one machine need only another base. */

/** The services, in the order of their ports. A new one goes to the end. */
export const SERVICES = [
  'gateway',
  'user',
  'product',
  'cart',
  'order',
  'inventory',
  'payment',
  'notification',
  'analytics',
  'recommendation',
  'review',
  'config',
  'payment-simulator',
] as const;
export type ServiceName = (typeof SERVICES)[number];

/** How many instances of one service have ports. */
export const MAX_INSTANCES = 9;
export const DEFAULT_PORT_BASE = 8000;
/** Above this an outgoing connection of the machine itself may sit on a port that a part wants. */
const FIRST_EPHEMERAL = 32_768;
const SPAN = 600;

const OFFSETS = {
  edge: 80,
  envoyAdmin: 81,
  istiodGrpc: 510,
  zipkin: 511,
  istiodHttp: 512,
  istiodMonitoring: 514,
  ratelimitGrpc: 515,
  ratelimitHttp: 516,
  ratelimitDebug: 517,
  clickhouseHttp: 523,
  flinkRpc: 524,
  flinkBlob: 525,
  flinkWorkerData: 527,
  flinkMetrics: 528,
  flinkWorkerMetrics: 529,
  postgres: 532,
  redis: 579,
  flinkRest: 581,
  clickhouseNative: 590,
  prometheus: 591,
  kafka: 592,
  kafkaController: 593,
} as const;

export type Ports = { readonly base: number } & { readonly [part in keyof typeof OFFSETS]: number };

/** Every part's port for a base. Throws a sentence when the base leaves no room for all of them. */
export function portsFor(base: number): Ports {
  if (!Number.isInteger(base) || base < 1024 || base + SPAN > FIRST_EPHEMERAL) {
    throw new Error(
      `The port base must be a whole number from 1024 to ${FIRST_EPHEMERAL - SPAN}, and "${base}" is not. Try 8000.`,
    );
  }
  const entries = Object.entries(OFFSETS).map(([part, offset]) => [part, base + offset]);
  return { base, ...Object.fromEntries(entries) };
}

/** The ports of a service's nth instance, counted from 1. */
export function instancePorts(base: number, service: ServiceName, n: number): { grpc: number; http: number } {
  if (n < 1 || n > MAX_INSTANCES) throw new Error(`A service has instances 1 to ${MAX_INSTANCES}, not ${n}.`);
  const slot = SERVICES.indexOf(service) * 10 + (n - 1);
  return { grpc: base + 100 + slot, http: base + 300 + slot };
}

/** Where an instance of the gateway listens for the edge, by its plain HTTP port. */
export function frontPort(httpPort: number): number {
  return httpPort + 130;
}
