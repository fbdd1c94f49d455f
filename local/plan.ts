import { PARTS } from './parts/catalogue.ts';
import type { Site, Unit } from './parts/part.ts';
import { instancePorts } from './ports.ts';
import { type ServiceFacts, writtenServices } from './services/catalogue.ts';
import { instanceUnit } from './services/instance.ts';
import { readWishes, versionOf } from './services/wishes.ts';

/** Every process that this stack should run now: the parts, and each written service in as many instances as wished. */
export function planUnits(site: Site): Unit[] {
  const parts = PARTS.flatMap((part) => part.units(site));
  const { instances } = readWishes(site.stack.state);
  const services = writtenServices(site.stack.root).flatMap((facts) =>
    numbers(instances[facts.name] ?? 1).map((n) => instanceUnit(site, facts, n)),
  );
  return [...parts, ...services];
}

/** The instances of the plan, with their ports, by service. */
export function plannedInstances(site: Site): {
  service: ServiceFacts['name'];
  instance: string;
  version: string;
  grpcPort: number;
  httpPort: number;
}[] {
  const wishes = readWishes(site.stack.state);
  const { instances } = wishes;
  return writtenServices(site.stack.root).flatMap(({ name }) =>
    numbers(instances[name] ?? 1).map((n) => {
      const { grpc, http } = instancePorts(site.stack.ports.base, name, n);
      const instance = `${name}-${n}`;
      const version = versionOf(wishes, instance);
      return { service: name, instance, version, grpcPort: grpc, httpPort: http };
    }),
  );
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
