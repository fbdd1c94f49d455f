/** As many connections as the test's database lends at once. */
export const lanes = 40;

/** Does `work` for each number below `count`, in parallel, each lane taking the next number as soon as it is free. */
export async function inLanes<R>(count: number, work: (index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (next < count) {
        const index = next++;
        results[index] = await work(index);
      }
    }),
  );
  return results;
}
