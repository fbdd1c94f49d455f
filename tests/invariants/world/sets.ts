import { hash } from 'node:crypto';

/** How many members a set has, and the exclusive or of their fingerprints: equal for equal sets, in any order. */
export type Mark = { readonly size: number; readonly mark: bigint };

/**
 * A set of texts in groups, wherever it lies. Two sets are compared by their groups' marks, which each side computes for
 * itself; members are fetched only of groups that differ.
 */
export type GroupedSet = {
  marks(): Promise<ReadonlyMap<string, Mark>>;
  /** The members of these groups, by group; those of a group that it hasn't may be left out. */
  members(groups: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
};

/** Members that one side has more often than the other. */
export type Difference = {
  readonly group: string;
  readonly onlyLeft: readonly string[];
  readonly onlyRight: readonly string[];
};

/** More groups than this are told as they are, without looking into each. */
const mostGroups = 200;

/** The first eight bytes of a text's MD5, as Postgres and ClickHouse compute them too. It protects nothing. */
export function fingerprint(text: string): bigint {
  return BigInt(`0x${hash('md5', text).slice(0, 16)}`);
}

/** A set that is in memory. */
export function memorySet(groups: ReadonlyMap<string, readonly string[]>): GroupedSet {
  return {
    marks: async () => new Map(Array.from(groups, ([group, members]) => [group, markOf(members)])),
    members: async (wanted) => new Map(wanted.map((group) => [group, groups.get(group) ?? []])),
  };
}

/** The mark of these members. */
export function markOf(members: Iterable<string>): Mark {
  let size = 0;
  let mark = 0n;
  for (const member of members) {
    size += 1;
    mark ^= fingerprint(member);
  }
  return { size, mark };
}

/** Where two sets differ, by group. None where both hold the same members equally often. */
export async function differences(left: GroupedSet, right: GroupedSet): Promise<Difference[]> {
  const [lefts, rights] = await Promise.all([left.marks(), right.marks()]);
  const groups = [...new Set([...lefts.keys(), ...rights.keys()])].sort();
  const differing = groups.filter((group) => !same(lefts.get(group), rights.get(group)));
  const looked = differing.slice(0, mostGroups);
  if (looked.length === 0) {
    return [];
  }
  const [ours, theirs] = await Promise.all([left.members(looked), right.members(looked)]);
  return looked.flatMap((group) => {
    const [one, other] = [ours.get(group) ?? [], theirs.get(group) ?? []];
    const difference = { group, onlyLeft: beyond(one, other), onlyRight: beyond(other, one) };
    return difference.onlyLeft.length + difference.onlyRight.length > 0 ? difference : [];
  });
}

/** Rows of groups and members, as `GroupedSet.members` gives them. */
export function byGroup(
  rows: readonly { readonly grouping: string; readonly member: string }[],
): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(rows, ({ grouping }) => grouping);
  return new Map(Array.from(groups, ([group, its]) => [group, its.map(({ member }) => member)]));
}

/** Which of these members the others don't have, or have less often. */
export function beyond(these: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const other of others) {
    left.set(other, (left.get(other) ?? 0) + 1);
  }
  return these.filter((member) => {
    const count = left.get(member) ?? 0;
    left.set(member, count - 1);
    return count <= 0;
  });
}

/** Differences as sentences, the sides named: `in the outbox, not in Kafka: shopverse.order.v1 …`. */
export function told(found: readonly Difference[], left: string, right: string): string[] {
  return found.flatMap(({ group, onlyLeft, onlyRight }) => [
    ...onlyLeft.map((member) => `${left}, not ${right}: ${group} ${member}`),
    ...onlyRight.map((member) => `${right}, not ${left}: ${group} ${member}`),
  ]);
}

function same(one: Mark | undefined, other: Mark | undefined): boolean {
  return one !== undefined && other !== undefined && one.size === other.size && one.mark === other.mark;
}
