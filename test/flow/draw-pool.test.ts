import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { DrawJob, Drawn } from "../../api/records/draw-job.ts";
import { runDrawPool } from "../../api/records/draw-pool.ts";
import { ROEBUCK_PALETTE } from "../../reporting/palette.ts";
import { aRecord, OCTOBER } from "../fixtures/a-record.ts";
import { toStoredRows } from "../fixtures/stored-rows.ts";

const folder = mkdtempSync(join(tmpdir(), "roebuck-pool-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function aJob(partner: string): DrawJob {
  const record = aRecord();
  const rows = toStoredRows({ ...record, partner: { ...record.partner, id: partner } });
  return { partner, month: OCTOBER, format: "json", folder, style: { palette: ROEBUCK_PALETTE, logos: {} }, rows };
}

async function* jobsOf(...jobs: readonly DrawJob[]): AsyncGenerator<DrawJob> {
  yield* jobs;
}

async function drawAll(jobs: AsyncGenerator<DrawJob>, jobMsMax = 60_000): Promise<Map<string, Drawn>> {
  const drawn = new Map<string, Drawn>();
  const onDrawn = (job: DrawJob, outcome: Drawn) => drawn.set(job.partner, outcome);
  await runDrawPool(jobs, { threads: 2, signal: new AbortController().signal, jobMsMax, onDrawn });
  return drawn;
}

describe("runDrawPool()", () => {
  it("does every job once, many in each thread", async () => {
    const names = Array.from({ length: 24 }, (_, index) => `p${index}`);
    const drawn = await drawAll(jobsOf(...names.map(aJob)));
    expect([...drawn.keys()].sort()).toEqual(names.toSorted());
    for (const [partner, outcome] of drawn)
      expect(outcome).toMatchObject({ files: [{ name: `${partner}-2026-10.json` }] });
  });

  it("gives up on what is not drawn in time, and draws the next in a new thread", async () => {
    // no thread is up within a millisecond
    const drawn = await drawAll(jobsOf(aJob("late"), aJob("later"), aJob("last")), 1);
    expect([...drawn.values()]).toEqual(Array(3).fill({ problem: "it was not drawn within 0.001 s" }));
  });

  it("throws what comes instead of a job, after what was begun has ended", async () => {
    const drawn: string[] = [];
    async function* broken(): AsyncGenerator<DrawJob> {
      yield aJob("first");
      throw new Error("the store went away");
    }
    const onDrawn = (job: DrawJob) => drawn.push(job.partner);
    const run = runDrawPool(broken(), { threads: 2, signal: new AbortController().signal, onDrawn });
    await expect(run).rejects.toThrow("the store went away");
    expect(drawn).toEqual(["first"]);
  });
});
