import { describe, expect, it } from "vitest";
import type { Refusal } from "../../../ingest/problem.ts";
import { Repeats } from "../../../ingest/repeats.ts";

const MINUTE_MS = 60_000;
const AWAY: Refusal = { refused: "log_unavailable" };

/** Sends one event of that id, and tells whether it was kept again. */
async function isKept(repeats: Repeats, id: string, nowMs = 0, refusal?: Refusal): Promise<boolean> {
  let kept = false;
  await repeats.keepOnce([{ id }], nowMs, () => {
    kept = true;
    return Promise.resolve(refusal);
  });
  return kept;
}

describe("Repeats", () => {
  it("keeps what comes again once, and what was refused when it comes again", async () => {
    const repeats = new Repeats();
    expect(await isKept(repeats, "a", 0, AWAY)).toBe(true);
    expect(await isKept(repeats, "a")).toBe(true);
    expect(await isKept(repeats, "a")).toBe(false);
    expect(await isKept(repeats, "b")).toBe(true);
  });

  it("keeps again what ended in an error", async () => {
    const repeats = new Repeats();
    await expect(repeats.keepOnce([{ id: "a" }], 0, () => Promise.reject(new Error("a bug")))).rejects.toThrow();
    expect(await isKept(repeats, "a")).toBe(true);
  });

  it.each([[undefined], [AWAY]])(
    "answers what comes at the same time only when the first is kept, and as it (%j)",
    async (outcome) => {
      const repeats = new Repeats();
      const first = Promise.withResolvers<Refusal | undefined>();
      const answers: unknown[] = [];
      const items = [{ id: "a" }];
      const one = repeats.keepOnce(items, 0, () => first.promise).then((answer) => answers.push(answer));
      const other = repeats
        .keepOnce([...items, { id: "b" }], 0, (fresh) => {
          expect(fresh).toEqual([{ id: "b" }]);
          return Promise.resolve(undefined);
        })
        .then((answer) => answers.push(answer));
      await new Promise((resolve) => setImmediate(resolve));
      expect(answers).toEqual([]);
      first.resolve(outcome);
      await Promise.all([one, other]);
      expect(answers).toEqual([outcome, outcome]);
      expect(await isKept(repeats, "b")).toBe(false);
      expect(await isKept(repeats, "a")).toBe(outcome !== undefined);
    },
  );

  it("remembers for half an hour at least and an hour at most, and for longer what goes on coming", async () => {
    const repeats = new Repeats();
    await isKept(repeats, "first", 0);
    await isKept(repeats, "a", 29 * MINUTE_MS);
    await isKept(repeats, "steady", 29 * MINUTE_MS);
    expect(await isKept(repeats, "steady", 58 * MINUTE_MS)).toBe(false);
    expect(await isKept(repeats, "a", 59 * MINUTE_MS)).toBe(false);
    expect(await isKept(repeats, "first", 61 * MINUTE_MS)).toBe(true);
    expect(await isKept(repeats, "steady", 87 * MINUTE_MS)).toBe(false);
    expect(await isKept(repeats, "steady", 300 * MINUTE_MS)).toBe(true);
  });

  it("remembers the last half of its ids surely, and never more than all of them", async () => {
    const repeats = new Repeats(100);
    for (let id = 0; id < 1_000; id += 1) await isKept(repeats, `${id}`);
    for (let id = 950; id < 1_000; id += 1) expect(await isKept(repeats, `${id}`)).toBe(false);
    expect(await isKept(repeats, "0")).toBe(true);
  });
});
