/** The time, as a port, so that tests can hold it. */
export type Clock = { now(): Date };

/** New identifiers, as a port. `uuid` is a UUIDv7: unique, and in the order of making. */
export type Ids = { uuid(): string };
