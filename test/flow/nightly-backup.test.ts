import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkCommand } from "../../api/commands/check.ts";
import { toNightMetricsText } from "../../api/night-metrics.ts";
import { runNightly } from "../../api/nightly.ts";
import { findGoodBackups } from "../fixtures/backup-content.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

const folder = join(mkdtempSync(join(tmpdir(), "roebuck-nightly-")), "backups");
let house: RightsHouse;

beforeAll(async () => {
  house = await openRightsHouse({ ROEBUCK_BACKUP_DIR: folder });
  await house.hurry();
  expect(await lookAt("2026-11-20T12:00:00Z")).toEqual([]); // begins the ledger: the first night is the next
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  rmSync(join(folder, ".."), { recursive: true, force: true });
});
beforeEach(() => void house.lines.splice(0));

/** What the service does at a look into the ledger, which comes every ten minutes. */
async function lookAt(time: string): Promise<readonly string[]> {
  house.at(time);
  const outcomes = await runNightly(house.service, new AbortController().signal);
  return outcomes.filter(({ job }) => job === "backup").map(({ outcome }) => outcome);
}

async function metric(name: string): Promise<number> {
  const line = (await toNightMetricsText(house.service)).split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.split(" ")[1]);
}

async function check(): Promise<{ readonly code: number; readonly line: string; readonly remedy: string }> {
  house.lines.splice(0);
  const code = await checkCommand.run(house.service, { operands: {}, flags: {}, switches: new Set() }, house.io);
  const find = (start: string) => house.lines.find((line) => line.startsWith(start)) ?? "";
  return { code, line: find("backups "), remedy: find("backups:") };
}

const good = () => findGoodBackups(house.settings, folder);

describe("the backup of the night", () => {
  it("is made once a night, however often the service looks", async () => {
    expect(await lookAt("2026-11-21T01:50:00Z")).toEqual([]); // not yet due
    expect(await lookAt("2026-11-21T02:00:00Z")).toEqual(["done"]);
    for (const time of ["02:10", "12:00", "23:50"]) expect(await lookAt(`2026-11-21T${time}:00Z`)).toEqual([]);
    expect(await lookAt("2026-11-22T01:50:00Z")).toEqual([]);
    expect(await lookAt("2026-11-22T02:00:00Z")).toEqual(["done"]);
    expect(await good()).toEqual(["20261121T020000Z", "20261122T020000Z"]);
    const audit = "SELECT actor, count() AS n FROM audit WHERE action = 'backup' GROUP BY actor";
    expect(await house.rows(audit)).toEqual([{ actor: "roebuck", n: "2" }]);
  });

  it("is made up for once after nights in which nothing ran", async () => {
    await house.reopen();
    expect(await lookAt("2026-11-25T09:20:00Z")).toEqual(["done"]);
    expect(await lookAt("2026-11-25T09:30:00Z")).toEqual([]);
    expect(await lookAt("2026-11-26T02:00:00Z")).toEqual(["done"]);
    expect(await good()).toHaveLength(4);
  });

  it("sounds no alarm while it is made each night", async () => {
    house.at("2026-11-27T03:59:00Z"); // it takes long today
    expect(await metric("roebuck_backup_overdue")).toBe(0);
    expect(await metric("roebuck_backup_last_success_timestamp_seconds")).toBe(
      Date.parse("2026-11-26T02:00:00Z") / 1_000,
    );
    expect((await check()).line).toMatch(/ok +last 2026-11-26T02:00 \(20261126T020000Z\), read back whole/);
  });

  it("that fails is tried again each time, does not stop the other work, and is an alarm after 26 hours", async () => {
    renameSync(folder, `${folder}-away`);
    writeFileSync(folder, "a file where the folder was");
    for (const time of ["02:00", "02:10"]) expect(await lookAt(`2026-11-27T${time}:00Z`)).toEqual(["failed"]);
    expect(await metric("roebuck_backup_overdue")).toBe(0);
    house.at("2026-11-27T04:00:01Z");
    expect(await metric("roebuck_backup_overdue")).toBe(1);
    const alarm = await check();
    expect(alarm.code).toBe(1);
    expect(alarm.line).toMatch(/wrong +last 2026-11-26T02:00/);
    expect(alarm.remedy).toContain("make one now, and see why the night did not: roebuck backup");
    const night =
      "SELECT subject, outcome FROM runs WHERE kind = 'nightly' AND started_at >= '2026-11-27' ORDER BY subject";
    const jobs = await house.rows<{ subject: string; outcome: string }>(night);
    expect(jobs.filter(({ outcome }) => outcome === "failed")).toEqual([{ subject: "backup", outcome: "failed" }]);
    expect(jobs).toContainEqual({ subject: "purge", outcome: "done" });
    expect(await metric("roebuck_purge_overdue")).toBe(0);
  });

  it("ends the alarm at the next look once what kept it is mended", async () => {
    rmSync(folder);
    renameSync(`${folder}-away`, folder);
    expect(await lookAt("2026-11-27T04:10:00Z")).toEqual(["done"]);
    expect(await metric("roebuck_backup_overdue")).toBe(0);
    expect(await check()).toMatchObject({ line: expect.stringMatching(/ok +last 2026-11-27T04:10/), remedy: "" });
  });

  it("removes those of more than four weeks ago, also if nobody can read when they end, and what was never finished", async () => {
    const [first = "", second = ""] = await good();
    writeFileSync(join(folder, second, "manifest.json"), "{}"); // nobody can read when it ends
    mkdirSync(join(folder, "20261217T020000Z")); // killed before it had a manifest
    expect(await lookAt("2026-12-18T02:00:00Z")).toEqual(["done"]);
    expect(readdirSync(folder)).not.toContain("20261217T020000Z");
    expect(await good()).toContain(first); // 27 days old
    expect(await lookAt("2026-12-19T02:00:00Z")).toEqual(["done"]);
    expect(readdirSync(folder)).not.toContain(first);
    expect(readdirSync(folder)).toContain(second); // 27 days old
    expect(await lookAt("2026-12-20T02:00:00Z")).toEqual(["done"]);
    expect(readdirSync(folder)).not.toContain(second);
    expect(readdirSync(folder).filter((name) => /^\d{8}T/.test(name))).toEqual(await good());
    expect(await lookAt("2027-01-17T02:00:00Z")).toEqual(["done"]);
    expect(await good()).toEqual(["20270117T020000Z"]);
  });
});

describe("where no backups are asked for", () => {
  it("none is made, none is overdue, and check says how to ask", async () => {
    await using bare = await openRightsHouse();
    bare.at("2026-11-20T12:00:00Z");
    await runNightly(bare.service, new AbortController().signal);
    bare.at("2026-11-30T12:00:00Z");
    const outcomes = await runNightly(bare.service, new AbortController().signal);
    expect(outcomes.map(({ job }) => job)).not.toContain("backup");
    expect(await toNightMetricsText(bare.service)).toContain("\nroebuck_backup_overdue 0\n");
    await checkCommand.run(bare.service, { operands: {}, flags: {}, switches: new Set() }, bare.io);
    expect(bare.lines).toContainEqual(expect.stringMatching(/^backups: name a folder .* in ROEBUCK_BACKUP_DIR/));
  });
});
