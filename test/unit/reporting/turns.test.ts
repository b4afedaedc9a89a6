import { describe, expect, it } from "vitest";
import { readQuery, STEPS } from "../../../reporting/query-files.ts";
import { toNeededSteps } from "../../../reporting/snapshot.ts";
import { runInTurns } from "../../../reporting/turns.ts";

/** Works that note when they begin and end; each ends after its name's length in turns of the event loop. */
function aCrew(failing: readonly string[] = []) {
  const notes: string[] = [];
  const counts = { running: 0, most: 0 };
  const run = async (name: string) => {
    notes.push(`${name}+`);
    counts.running++;
    counts.most = Math.max(counts.most, counts.running);
    for (let turn = 0; turn < name.length; turn++) await new Promise(setImmediate);
    counts.running--;
    notes.push(`${name}-`);
    if (failing.includes(name)) throw new Error(`no ${name}`);
  };
  return { notes, counts, run };
}
const nothing = () => [];

describe("runInTurns()", () => {
  it.each([1, 2, 3, 9])("runs all, at most %i at once, those named first first", async (atOnceMax) => {
    const { notes, counts, run } = aCrew();
    await runInTurns(["a", "bbb", "cc", "dddd", "e"], atOnceMax, nothing, run);
    expect(counts.most).toBe(Math.min(atOnceMax, 5));
    expect(notes.filter((note) => note.endsWith("+"))).toEqual(["a+", "bbb+", "cc+", "dddd+", "e+"]);
    expect(notes).toHaveLength(10);
  });

  it("starts a work when all that it needs are done, and another in the meantime", async () => {
    const { notes, run } = aCrew();
    const names = ["left", "rightmost", "sum", "other"] as const;
    await runInTurns(names, 2, (name) => (name === "sum" ? (["left", "rightmost"] as const) : []), run);
    expect(notes.indexOf("sum+")).toBeGreaterThan(notes.indexOf("left-"));
    expect(notes.indexOf("sum+")).toBeGreaterThan(notes.indexOf("rightmost-"));
    expect(notes.indexOf("other+")).toBeLessThan(notes.indexOf("sum+"));
  });

  it("starts nothing after a failure, and throws it when what runs has ended", async () => {
    const { notes, counts, run } = aCrew(["b"]);
    await expect(runInTurns(["b", "longer", "never"], 2, nothing, run)).rejects.toThrow("no b");
    expect(counts.running).toBe(0);
    expect(notes).toEqual(["b+", "longer+", "b-", "longer-"]);
  });

  it("says which works wait for ever", async () => {
    const wait = runInTurns(["a", "b"], 2, (name) => (name === "a" ? ["b"] : ["a"]), aCrew().run);
    await expect(wait).rejects.toThrow("Cannot run a, b: what they need must be named, and not need them");
  });

  it("does nothing with no names", async () => {
    await expect(runInTurns([], 2, nothing, aCrew().run)).resolves.toBeUndefined();
  });
});

describe("toNeededSteps()", () => {
  it.each(STEPS)("knows for %s every table of the close that its SQL reads", (step) => {
    const read = [...readQuery(`steps/${step}`).matchAll(/\{(\w+):Identifier\}/g)].flatMap(([, name = ""]) => name);
    const earlier = STEPS.slice(0, STEPS.indexOf(step));
    for (const name of new Set(read)) {
      if (name !== step && name !== "partners") expect(earlier).toContain(name);
    }
    expect([...toNeededSteps(step)].sort()).toEqual(
      [...new Set(read)].filter((name) => name !== step && name !== "partners").sort(),
    );
  });
});
