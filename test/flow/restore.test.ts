import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { toBackupKeyFile } from "../../api/backups/backup-key.ts";
import { setRestoringMark } from "../../api/backups/restoring-mark.ts";
import { runBackup } from "../../api/backups/run-backup.ts";
import { restore } from "../../api/backups/run-restore.ts";
import { restrictPeople } from "../../api/rights/choices.ts";
import { erasePeople } from "../../api/rights/erase.ts";
import { findMarks, openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

const folder = mkdtempSync(join(tmpdir(), "roebuck-backups-"));
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
let house: RightsHouse;

beforeAll(async () => {
  house = await openRightsHouse({ ROEBUCK_BACKUP_DIR: folder });
  await house.hurry();
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
// A test that failed may have left it closed.
afterEach(() => house.reopen());

const backUp = () => runBackup(house.service, {}, "wren", house.io);

async function putBack(id: string | undefined, dir = folder) {
  await house.shut();
  const { settings, clock } = house;
  const asked = id === undefined ? { dir } : { id, dir };
  const answer = await restore({ settings, sites: [], logger: quiet, clock }, asked, "wren", house.io).then(
    (certificate) => ({ certificate, refused: undefined }),
    (error: Error & { code?: string }) => ({ certificate: undefined, refused: error }),
  );
  return answer;
}

async function refusals(): Promise<readonly string[]> {
  await house.reopen();
  const rows = await house.rows<{ detail: string }>(
    "SELECT detail FROM audit WHERE action = 'restore' AND position(detail, 'refused') > 0 ORDER BY at",
  );
  return rows.map(({ detail }) => (JSON.parse(detail) as { refused: string }).refused);
}

async function paths(): Promise<readonly string[]> {
  const rows = await house.rows<{ path: string }>(
    "SELECT path FROM engagement WHERE startsWith(path, '/t/') ORDER BY path",
  );
  return rows.map(({ path }) => path);
}

it("restore() gives the rows of then and what the log still has, each once, and nothing of who was erased since", async () => {
  const mark = "dept-erased-a7c1";
  await house.send(
    { sub: "ann", path: "/t/1" },
    { sub: "bea", path: "/t/0", dept: mark },
    { sub: "cyd", path: "/t/2" },
  );
  await house.settle();
  const { id } = await backUp();
  house.at("2026-11-21T12:00:00Z");
  await house.send({ sub: "ann", path: "/t/3" }, { sub: "cyd", path: "/t/4" });
  await house.settle();
  const people = { acct: "partner", partner: "acme" } as const;
  await erasePeople(house.service, { people: { ...people, subs: ["bea"] } }, "wren", house.io);
  await restrictPeople(house.service, { people: { ...people, subs: ["cyd"] }, on: true }, "wren", house.io);
  house.at("2026-11-22T12:00:00Z");
  await house.send({ sub: "bea", path: "/t/5" });
  await house.settle();
  const { certificate, refused } = await putBack(id);
  expect(refused).toBeUndefined();
  expect(certificate?.log).toEqual({ which: "same", gone: 0 });
  expect(certificate?.enforced[0]?.erasedRows).toBe(1);
  await house.reopen();
  // cyd's /t/4 comes from the log while the restriction is on; bea began anew after the erasure.
  expect(await paths()).toEqual(["/t/1", "/t/2", "/t/3", "/t/5"]);
  expect(await house.rows("SELECT path FROM engagement_v1 WHERE path = '/t/2'")).toEqual([]);
  expect(findMarks(house.dataDir, [mark])).toEqual([]);
  expect(await house.rows("SELECT outcome FROM runs WHERE kind = 'restore'")).toEqual([{ outcome: "done" }]);
  await house.send({ sub: "ann", path: "/t/6" });
  await house.settle();
  expect(await paths()).toContain("/t/6");
});

it("restore() twice gives the same, and a restore that was begun keeps the store closed until it is whole", async () => {
  const before = await paths();
  const { id } = await backUp();
  let steps = 0;
  house.onStep = (label) => {
    steps += 1;
    if (label === "Restore drops") throw new Error("killed");
  };
  const first = await putBack(id);
  house.onStep = () => {};
  expect(first.refused?.message).toBe("killed");
  expect(steps).toBeGreaterThan(3);
  await expect(house.reopen()).rejects.toThrow(`Finish it: roebuck restore ${id} --yes`);
  expect((await putBack(id)).refused).toBeUndefined();
  expect((await putBack(id)).refused).toBeUndefined();
  await house.reopen();
  expect(await paths()).toEqual(before);
});

it("runBackup() writes files that only their owner can open and nobody can read", async () => {
  const { folder: own } = await backUp();
  for (const entry of readdirSync(own, { recursive: true, withFileTypes: true })) {
    const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
    expect(mode.toString(8)).toBe(entry.isDirectory() ? "700" : "600");
  }
  expect(findMarks(folder, ["/t/1", "Name of acme", house.toRef("ann")])).toEqual([]);
});

it("restore() refuses with its reason what must not be put back, and the audit trail has each", async () => {
  const { id, folder: own } = await backUp();
  const spare = mkdtempSync(join(tmpdir(), "roebuck-spare-"));
  const inCopy = async (change: (dir: string) => void) => {
    const dir = join(spare, String(readdirSync(spare).length));
    cpSync(folder, dir, { recursive: true });
    change(dir);
    return (await putBack(id, dir)).refused?.code;
  };
  try {
    expect((await putBack("20200101T000000Z")).refused?.code).toBe("unknown");
    expect((await putBack("../../etc")).refused?.code).toBe("unknown");
    expect(await inCopy((dir) => rmSync(join(dir, id, "manifest.json")))).toBe("unfinished");
    const edit = (file: string, act: (text: string) => string) => writeFileSync(file, act(readFileSync(file, "utf8")));
    expect(
      await inCopy((dir) =>
        edit(join(dir, id, "manifest.json"), (text) => text.replace("retentionDays", "retentionDayz")),
      ),
    ).toBe("tampered");
    const flip = (file: string) => {
      const bytes = readFileSync(file);
      bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
      writeFileSync(file, bytes);
    };
    expect(await inCopy((dir) => flip(join(dir, id, "partners/all.age")))).toBe("files");
    expect(await inCopy((dir) => rmSync(join(dir, id, "partners/all.age")))).toBe("files");
    expect(
      await inCopy((dir) => {
        for (const name of readdirSync(join(dir, "journal")))
          if (name.endsWith(".age")) flip(join(dir, "journal", name));
      }),
    ).toBe("journal_copy");
    const keys = join(house.dataDir, "keys", "pseudonym.json");
    const kept = readFileSync(keys);
    rmSync(keys);
    expect((await putBack(id)).refused?.code).toBe("keys_missing");
    const other = JSON.parse(kept.toString()) as { salts: Record<string, string> };
    writeFileSync(
      keys,
      JSON.stringify({ ...other, salts: { ...other.salts, acme: Buffer.alloc(32, 7).toString("base64url") } }),
      { mode: 0o600 },
    );
    expect((await putBack(id)).refused?.code).toBe("keys_other");
    writeFileSync(keys, kept, { mode: 0o600 });
    house.at("2026-12-25T12:00:00Z");
    expect((await putBack(id)).refused?.code).toBe("expired");
    house.at("2026-11-22T12:00:00Z");
    expect(await refusals()).toEqual(
      expect.arrayContaining([
        "unknown",
        "unfinished",
        "tampered",
        "files",
        "journal_copy",
        "keys_missing",
        "keys_other",
        "expired",
      ]),
    );
    expect(existsSync(own)).toBe(true);
    expect(existsSync(join(house.dataDir, "restoring.json"))).toBe(false);
  } finally {
    rmSync(spare, { recursive: true, force: true });
  }
});

it("restore() onto a new machine takes the journal from its copy, and refuses a journal older than the backup", async () => {
  const before = await paths();
  const { id } = await backUp();
  const keys = join(house.dataDir, "keys");
  const kept = mkdtempSync(join(tmpdir(), "roebuck-keys-"));
  cpSync(keys, kept, { recursive: true });
  await house.shut();
  for (const name of readdirSync(house.dataDir))
    if (name !== "keys") rmSync(join(house.dataDir, name), { recursive: true, force: true });
  const without = mkdtempSync(join(tmpdir(), "roebuck-without-"));
  cpSync(folder, without, { recursive: true });
  rmSync(join(without, "journal"), { recursive: true });
  expect((await putBack(id, without)).refused?.code).toBe("journal_older");
  rmSync(without, { recursive: true });
  const { certificate, refused } = await putBack(id);
  expect(refused).toBeUndefined();
  expect(certificate?.journal.from).toBe("copy");
  expect(certificate?.log?.which).toBe("other");
  await house.reopen();
  expect(await paths()).toEqual(before);
  expect(house.service.journal().people.get(house.toRef("bea"))?.erasedMs).toBeGreaterThan(0);
  expect(existsSync(toBackupKeyFile(house.settings))).toBe(true);
  rmSync(kept, { recursive: true });
});

it("restore() of the journal alone puts back one that was lost, and refuses while another restore is not whole", async () => {
  await backUp();
  const count = house.service.followed.head().count;
  await house.shut();
  for (const name of readdirSync(join(house.dataDir, "log"))) {
    if (name.startsWith("journal")) rmSync(join(house.dataDir, "log", name));
  }
  const { certificate, refused } = await putBack(undefined);
  expect(refused).toBeUndefined();
  expect(certificate?.journal).toEqual({ count, from: "copy", written: expect.any(Number) });
  setRestoringMark(house.settings, "20261122T120000Z");
  expect((await putBack(undefined)).refused?.code).toBe("other_restore");
  rmSync(join(house.dataDir, "restoring.json"));
});

it("a restore that was begun keeps the store closed also where the data folder was lost, as a container's is", async () => {
  const { id } = await backUp();
  const count = house.service.followed.head().count;
  const loseMark = () => rmSync(join(house.dataDir, "restoring.json"));
  const killAt = async (step: string, what: string | undefined) => {
    house.onStep = (label) => {
      if (label === step) throw new Error("killed");
    };
    expect((await putBack(what)).refused?.message).toBe("killed");
    house.onStep = () => {};
    loseMark();
  };
  await killAt("Restore the journal", undefined);
  await expect(house.reopen()).rejects.toThrow(/Cannot open the warehouse: .*roebuck restore --journal --yes/);
  expect((await putBack(undefined)).certificate?.journal.count).toBe(count);
  await house.reopen();
  await killAt("Restore the journal", id);
  await expect(house.reopen()).rejects.toThrow(`Finish it: roebuck restore ${id} --yes`);
  expect((await putBack(undefined)).refused?.code).toBe("other_restore");
  await killAt("Restore drops", id);
  await expect(house.reopen()).rejects.toThrow(`Finish it: roebuck restore ${id} --yes`);
  expect((await putBack(undefined)).refused?.code).toBe("other_restore");
  expect((await putBack(id)).refused).toBeUndefined();
  await house.reopen();
  await house.send({ sub: "ann", path: "/t/9" });
  await house.settle();
  expect(await paths()).toContain("/t/9");
});

it("two backups into one folder at once: the second says so; beyond their days they go; a folder that is none is told", async () => {
  const both = await Promise.allSettled([backUp(), backUp()]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(both.find((one) => one.status === "rejected")?.reason.message).toMatch(/one is being made/);
  writeFileSync(join(house.dataDir, "a-file"), "");
  await expect(runBackup(house.service, { dir: join(house.dataDir, "a-file") }, "wren", house.io)).rejects.toThrow(
    /must be a folder/,
  );
  house.at("2026-12-28T12:00:00Z");
  const { removed, id } = await backUp();
  expect(removed.length).toBeGreaterThan(3);
  expect(readdirSync(folder).filter((name) => /^\d{8}T/.test(name))).toEqual([id]);
});
