/**
 * Runs works by name, some at once: each starts when all that it needs are done, those that are named first come first.
 *
 * After a failure nothing more is started, and what runs is waited for: whoever cleans up has no work behind its back.
 *
 * @param atOnceMax at least 1
 * @param toNeeded names of works whose results a work reads
 * @throws what the first failed work threw; Error if works wait for each other or for one that is not named
 */
export function runInTurns<Name extends string>(
  names: readonly Name[],
  atOnceMax: number,
  toNeeded: (name: Name) => readonly Name[],
  run: (name: Name) => Promise<void>,
): Promise<void> {
  const waiting = new Set(names);
  const done = new Set<Name>();
  const failures: unknown[] = [];
  let running = 0;
  return new Promise((resolve, reject) => {
    const isReady = (name: Name) => waiting.has(name) && toNeeded(name).every((needed) => done.has(needed));
    const start = async (name: Name): Promise<void> => {
      waiting.delete(name);
      running++;
      try {
        await run(name);
        done.add(name);
      } catch (error) {
        failures.push(error);
      }
      running--;
      proceed();
    };
    const proceed = (): void => {
      while (failures.length === 0 && running < atOnceMax) {
        const next = names.find(isReady);
        if (next === undefined) break;
        void start(next);
      }
      if (running > 0) return;
      if (failures.length > 0) reject(failures[0]);
      else if (waiting.size === 0) resolve();
      else reject(new Error(`Cannot run ${[...waiting].join(", ")}: what they need must be named, and not need them`));
    };
    proceed();
  });
}
