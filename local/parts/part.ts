import type { Secrets } from '../secrets.ts';
import type { Stack } from '../stack.ts';

/** How a process is started. `uid` and `gid` are set only where it must not run as root. */
export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  /** Whether it gives way to others when cores are scarce, since nobody waits for it. */
  readonly givesWay?: true;
};

/** One process that the supervisor owns. */
export type Unit = {
  /** Its name in `status`, `logs` and `kill`: "kafka", "order-1". */
  readonly name: string;
  readonly version: string;
  /** The port that people look for. */
  readonly port: number;
  /** The service that it is an instance of. */
  readonly instanceOf?: string;
  /** Units that must have been ready once before this one starts, and stop after it. */
  readonly needs: readonly string[];
  readonly command: Command;
  /** Writes configuration and data directories before every start; safe to repeat. */
  readonly prepare?: () => Promise<void>;
  /** Whether it serves now. */
  readonly ready: () => Promise<boolean>;
  /** What must be declared in it before others use it (roles, topics); runs after each start, safe to repeat. */
  readonly settle?: () => Promise<void>;
  /** Whether it also does its work, once it is settled; it is degraded while it does not. */
  readonly healthy?: () => Promise<boolean>;
  /** How long it stays out of discovery before it is asked to stop, in ms. */
  readonly drainMs?: number;
  /** How long it may take to stop before it is killed, in ms. */
  readonly graceMs?: number;
};

/** Something that lands once in the cache, whole or not at all. */
export type Artefact = {
  /** Folder under the cache: "kafka-4.3.1". */
  readonly name: string;
  /** How it is called in a progress line. */
  readonly title: string;
  /** Fills the folder; throws when what it made is not whole. */
  readonly make: (folder: string) => Promise<void>;
};

/** A program of the distribution: found on the machine, or its package is installed. */
export type SystemProgram = {
  readonly program: string;
  /** Its package, or several with a space between. */
  readonly package: string;
  /** Where to look before PATH. */
  readonly places?: readonly string[];
  /** What it is tried with, where having it does not mean that all of it is there. */
  readonly trial?: readonly string[];
};

/** What a part is built with. */
export type Site = { readonly stack: Stack; readonly secrets: Secrets };

/** One real part of the stack. */
export type Part = {
  readonly name: string;
  readonly programs?: readonly SystemProgram[];
  readonly artefacts?: readonly Artefact[];
  /** Its processes; none while something that others write is not there yet. */
  readonly units: (site: Site) => readonly Unit[];
};
