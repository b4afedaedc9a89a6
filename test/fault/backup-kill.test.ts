import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSettings } from "../../api/environment.ts";
import { findGoodBackups } from "../fixtures/backup-content.ts";
import { countInFiles } from "../fixtures/disk.ts";
import { type KillPoint, runInProcess } from "../fixtures/killed-process.ts";
import { Installation, newEventId } from "../fixtures/roebuck-process.ts";

/** Moments within a run at which it is killed, spread over all its steps. */
const POINTS = 6;
/** Fixed, so that a failure can be repeated with the same course of kills. */
const SEED = Number(process.env.ROEBUCK_TEST_SEED ?? 23);
const AFTER_MS_MAX = 30;

const folder = mkdtempSync(join(tmpdir(), "roebuck-backup-kill-"));
const roebuck = new Installation({ ROEBUCK_PEOPLE_MIN: "1", ROEBUCK_BATCH_WAIT_MS: "5", ROEBUCK_BACKUP_DIR: folder });
const MARK = "plover-of-bea-4471";
/** The backup that is put back: made before bea was erased. */
let first = "";

beforeAll(async () => {
  writeFileSync(join(roebuck.folder, "partners.csv"), "id,name,zone\nacme,Acme,UTC\n");
  await roebuck.start();
  await roebuck.ask("partners", "import", "partners.csv");
  await search("ann", "words of ann");
  await search("bea", MARK);
  await roebuck.end();
  await roebuck.ask("backup");
  [first = ""] = await good();
  await roebuck.start();
  await search("ann", "more words of ann");
  await roebuck.ask("instruction", "set", "acme", "--scope", "rights", "--reference", "letter 7");
  await roebuck.ask("subject", "erase", "--partner", "acme", "--sub", "bea");
  await search("cyd", "words of cyd");
  await roebuck.end();
}, 300_000);
afterAll(async () => {
  await roebuck[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function search(sub: string, query: string): Promise<void> {
  const words = ["--site", "www", "--sub", sub, "--acct", "partner", "--ptn", "acme", "--ttl", "1h"];
  const token = (await roebuck.ask("token", "mint", ...words)).trim();
  const event = { id: newEventId(), type: "search", at: Date.now(), url: "https://www.example.org/search", query };
  const answer = await roebuck.send({ v: 1, site: "www", token, sent_at: Date.now(), events: [event] });
  expect(answer.status).toBe(202);
}

const good = () => findGoodBackups(readSettings(roebuck.environment).settings, folder);
const made = () => readdirSync(folder).filter((name) => /^\d{8}T/.test(name));
const restore = (point?: KillPoint) => runInProcess(roebuck.environment, first, point);

/** Kill points spread over the steps of a run, each a seeded moment after its step; the first kills at once. */
function toPoints(steps: number): readonly KillPoint[] {
  let state = SEED;
  return Array.from({ length: POINTS }, (_, index) => {
    state = (state * 48_271) % 2_147_483_647;
    const step = 1 + Math.floor(((index + (state % 100) / 100) / POINTS) * steps);
    return { step: Math.min(step, steps), afterMs: index === 0 ? 0 : state % AFTER_MS_MAX };
  });
}

async function readTerms(): Promise<readonly string[]> {
  const out = await roebuck.ask("sql", "SELECT term FROM engagement ORDER BY term", "--format", "TSV");
  return out.trim().split("\n");
}

describe(`kill -9 (ROEBUCK_TEST_SEED=${SEED})`, () => {
  it(`of a backup at ${POINTS} points: what is half is never taken for a backup, and the next one succeeds`, async () => {
    const whole = await runInProcess(roebuck.environment, undefined);
    expect([whole.code, whole.err]).toEqual([0, ""]);
    expect(whole.steps).toContain("Back up the journal");
    let halves = 0;
    for (const point of toPoints(whole.steps.length)) {
      const before = await good();
      const { signal, steps } = await runInProcess(roebuck.environment, undefined, point);
      expect(signal).toBe("SIGKILL");
      expect(steps.length).toBeGreaterThanOrEqual(point.step);
      // A moment after the last step it may have become whole: then its every byte is there.
      const left = made().filter((id) => !before.includes(id));
      const isWhole = left.length > 0 && (await good()).includes(left[0] ?? "");
      if (!isWhole) expect(await good()).toEqual(before);
      if (!isWhole && left.length > 0) {
        halves += 1;
        const { code, out } = await roebuck.run("backups", "verify", left[0] ?? "");
        expect([code, out]).toEqual([1, expect.stringContaining("cut off before it was whole")]);
        const refused = await roebuck.run("restore", left[0] ?? "", "--yes");
        expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("cut off before it was whole")]);
      }
      const next = await runInProcess(roebuck.environment, undefined);
      expect([point, next.code, next.err]).toEqual([point, 0, ""]);
      expect((await good()).length).toBe(before.length + (isWhole ? 2 : 1));
      expect(made()).toEqual(await good()); // what was half is cleared away
    }
    expect(halves).toBeGreaterThan(POINTS / 2);
    expect((await roebuck.run("backups", "verify", "all")).code).toBe(0);
    const clones = "SELECT count() FROM system.tables WHERE startsWith(name, 'backup_clone_')";
    expect(await roebuck.ask("sql", clones, "--format", "TSV")).toBe("0\n");
  }, 600_000);

  it(`of a restore at ${POINTS} points: nothing serves what is half, and running it again ends with the right tables`, async () => {
    const whole = await restore();
    expect([whole.code, whole.err]).toEqual([0, ""]);
    const wanted = ["more words of ann", "words of ann", "words of cyd"];
    expect(await readTerms()).toEqual(wanted);
    const begins = whole.steps.indexOf("Restore the journal") + 1;
    expect(begins).toBeGreaterThan(1);
    let halves = 0;
    for (const point of toPoints(whole.steps.length)) {
      const { signal } = await restore(point);
      expect(signal).toBe("SIGKILL");
      // While it only looks, nothing was changed.
      const isHalf = point.step >= begins && existsSync(join(roebuck.dataDir, "restoring.json"));
      if (isHalf) {
        halves += 1;
        for (const words of halves === 1 ? [["serve"], ["check"], ["backup"]] : [["serve"]]) {
          const { code, err } = await roebuck.run(...words);
          expect([words, code, err]).toEqual([
            words,
            1,
            expect.stringContaining(`Finish it: roebuck restore ${first} --yes`),
          ]);
        }
        expect((await roebuck.run("restore", "--journal", "--yes")).err).toContain(`roebuck restore ${first} --yes`);
        const again = await roebuck.run("restore", first, "--yes");
        expect([point, again.code]).toEqual([point, 0]);
      }
      expect([point, await readTerms()]).toEqual([point, wanted]);
      expect([point, countInFiles(roebuck.dataDir, MARK)]).toEqual([point, 0]);
    }
    expect(halves).toBeGreaterThan(POINTS / 2);
    // Killed twice on the way, it is still begun and ends as well.
    const [, , early, , late] = toPoints(whole.steps.length);
    for (const point of [late, early]) expect((await restore(point)).signal).toBe("SIGKILL");
    expect((await restore()).code).toBe(0);
    expect(await readTerms()).toEqual(wanted);
    await roebuck.start();
    await search("dot", "words of dot");
    await roebuck.end();
    await roebuck.start(); // what was on the log is stored
    await roebuck.end();
    expect(await readTerms()).toEqual([...wanted, "words of dot"]);
  }, 900_000);
});
