import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openBackupIdentity } from "../../api/backups/backup-key.ts";
import { readRawRecords, toChain } from "../../api/backups/journal-copy.ts";
import { type Manifest, openManifest, sealManifest } from "../../api/backups/manifest.ts";
import { fillJournal } from "../../api/backups/restore-journal.ts";
import { runBackup } from "../../api/backups/run-backup.ts";
import { restore } from "../../api/backups/run-restore.ts";
import { openLog } from "../../api/open-log.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";
import { aPartnerDecision } from "../fixtures/transform-events.ts";

// Whatever happened to the journal or to a backup: what can be mended is mended, and the rest is refused with its reason,
// which stands in the audit trail afterwards.
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
let folder = "";
/** The folder as it was after the first backup. */
let aside = "";
let house: RightsHouse;
let first = "";
/** Decisions when the first backup was made, and now. */
let firstCount = 0;
/** The journal as it should be. */
let whole: readonly Uint8Array[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "roebuck-mending-"));
  aside = mkdtempSync(join(tmpdir(), "roebuck-mending-aside-"));
  house = await openRightsHouse({ ROEBUCK_BACKUP_DIR: folder });
  await house.hurry();
  await house.send({ sub: "ann", path: "/t/1" });
  await house.settle();
  first = (await runBackup(house.service, {}, "wren", house.io)).id;
  firstCount = house.service.followed.head().count;
  cpSync(folder, aside, { recursive: true });
  await consent(true);
  await consent(false);
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  for (const one of [folder, aside]) rmSync(one, { recursive: true, force: true });
});
beforeEach(async () => {
  house.at(new Date(house.clock.nowMs() + 60_000).toISOString());
  whole = await readRawRecords(house.service.log);
  await house.shut();
});
afterEach(async () => {
  await house.shut();
  await rewrite(() => whole);
  await house.reopen();
});

async function consent(granted: boolean): Promise<void> {
  const person = { ref: house.toRef("ann"), ptn: "acme", atMs: house.clock.nowMs() };
  await house.service.decide([
    { kind: "consent", ...person, purpose: "behaviour", granted, wording: "v1", source: "api" },
  ]);
}

/** Changes the journal on the disk, as somebody could who may write there. */
async function rewrite(change: (records: readonly Uint8Array[]) => readonly Uint8Array[]): Promise<void> {
  await using log = await openLog(house.settings, "writer", house.clock, quiet);
  await fillJournal(log, { kind: "replace", records: change(await readRawRecords(log)) });
}

async function readJournal(): Promise<readonly string[]> {
  await using log = await openLog(house.settings, "writer", house.clock, quiet);
  return (await readRawRecords(log)).map((record) => Buffer.from(record).toString());
}

const toText = (records: readonly Uint8Array[]) => records.map((record) => Buffer.from(record).toString());

/** One entry with another time in it. */
function tamper(records: readonly Uint8Array[], at: number): readonly Uint8Array[] {
  const text = Buffer.from(records.at(at) ?? []).toString();
  const changed = text.replace(/"atMs":\d/, '"atMs":9');
  expect(changed).not.toBe(text);
  return records.with(at, Buffer.from(changed));
}

/** Another course of things from an entry on. */
function fork(records: readonly Uint8Array[], from: number, entries: number): readonly Uint8Array[] {
  const kept = records.slice(0, from);
  const others = Array.from({ length: entries }, (_, index) => aPartnerDecision({ id: `other-${index}` }));
  return [...kept, ...toChain(kept).next(others)];
}

async function tryRestore(id: string | undefined, dir = folder, identityFile?: string) {
  const { settings, clock } = house;
  const asked = { dir, ...(id === undefined ? {} : { id }), ...(identityFile === undefined ? {} : { identityFile }) };
  return restore({ settings, sites: [], logger: quiet, clock }, asked, "wren", house.io).then(
    (certificate) => ({ certificate, code: undefined, message: "" }),
    (error: Error & { code?: string }) => ({ certificate: undefined, code: error.code, message: error.message }),
  );
}

/** The refusals noted at the time of this test, oldest first. */
async function readRefusals(): Promise<readonly string[]> {
  await house.reopen();
  const nowMs = house.clock.nowMs();
  const rows = await house.rows<{ detail: string; subject: string; actor: string }>(
    `SELECT detail, subject, actor FROM audit WHERE action = 'restore' AND toUnixTimestamp64Milli(at) = ${nowMs}
     AND position(detail, 'refused') > 0`,
  );
  expect(new Set(rows.map(({ actor }) => actor))).toEqual(new Set(["wren"]));
  return rows.map(({ detail, subject }) => `${subject} ${JSON.parse(detail).refused}`).toSorted();
}

describe("a journal in which an entry was changed", () => {
  it("is refused as it is, and mended from its copy as far as that reaches", async () => {
    await rewrite((records) => tamper(records, 1));
    const refused = await tryRestore(first);
    expect([refused.code, refused.message]).toEqual([
      "journal_tampered",
      expect.stringContaining("roebuck restore --journal --yes"),
    ]);
    await expect(house.reopen()).rejects.toThrow(/Cannot trust the journal/); // and nothing serves it
    const { certificate } = await tryRestore(undefined);
    expect(certificate?.journal).toEqual({ count: whole.length, from: "copy", written: whole.length });
    expect(await readJournal()).toEqual(toText(whole));
    expect(await readRefusals()).toEqual([`${first} journal_tampered`]);
    expect(house.service.journal().people.get(house.toRef("ann"))?.consents).toHaveLength(2);
  });

  it("is not mended where no copy has what was changed", async () => {
    await rewrite((records) => tamper(records, firstCount)); // the first that the copy set aside does not have
    const before = await readJournal();
    const refused = await tryRestore(undefined, aside);
    expect([refused.code, refused.message]).toEqual(["journal_tampered", expect.stringContaining("--dir FOLDER")]);
    expect(await readJournal()).toEqual(before);
    await rewrite(() => whole);
    expect(await readRefusals()).toEqual(["--journal journal_tampered"]);
  });
});

describe("a journal whose end was cut off", () => {
  it("gets the rest from its copy", async () => {
    await house.reopen();
    await runBackup(house.service, {}, "wren", house.io);
    await house.shut();
    await rewrite((records) => records.slice(0, firstCount));
    const { certificate, code } = await tryRestore(first);
    expect(code).toBeUndefined();
    expect(certificate?.journal).toEqual({ count: whole.length, from: "copy", written: whole.length - firstCount });
    expect(await readJournal()).toEqual(toText(whole));
  });

  it("is not backed up in place of the longer copy", async () => {
    await rewrite((records) => records.slice(0, firstCount));
    await house.reopen();
    await expect(runBackup(house.service, {}, "wren", house.io)).rejects.toThrow(/roebuck restore --journal --yes/);
    await house.shut();
    expect((await tryRestore(undefined)).certificate?.journal.from).toBe("copy");
    expect(await readJournal()).toEqual(toText(whole));
  });

  it("is refused if the backup knows of more than it and its copies have", async () => {
    await house.reopen();
    const later = (await runBackup(house.service, {}, "wren", house.io)).id;
    await house.shut();
    const old = mkdtempSync(join(tmpdir(), "roebuck-mending-old-"));
    cpSync(aside, old, { recursive: true });
    cpSync(join(folder, later), join(old, later), { recursive: true });
    await rewrite((records) => records.slice(0, firstCount));
    const before = await readJournal();
    const refused = await tryRestore(later, old);
    expect([refused.code, refused.message]).toEqual([
      "journal_older",
      expect.stringMatching(/Put a newer copy of the journal into ".+\/journal"/),
    ]);
    expect(await readJournal()).toEqual(before);
    rmSync(old, { recursive: true });
    expect(await readRefusals()).toEqual([`${later} journal_older`]);
  });
});

describe("a journal that went another way than its copy", () => {
  it.each([
    ["shorter", 1],
    ["as long", 2],
    ["longer", 40],
  ])("is refused if it is %s", async (_, entries) => {
    await rewrite((records) => fork(records, firstCount, entries));
    const before = await readJournal();
    for (const id of [first, undefined]) {
      const refused = await tryRestore(id);
      expect([id, refused.code, refused.message]).toEqual([
        id,
        "journal_fork",
        expect.stringContaining("--dir FOLDER"),
      ]);
    }
    expect(await readJournal()).toEqual(before);
    await rewrite(() => whole);
    expect(await readRefusals()).toEqual(["--journal journal_fork", `${first} journal_fork`]);
  });

  it("is not backed up", async () => {
    await rewrite((records) => fork(records, firstCount, 40));
    await house.reopen();
    await expect(runBackup(house.service, {}, "wren", house.io)).rejects.toThrow(/decisions of the copy are missing/);
    await house.shut();
  });
});

describe("a backup that does not belong here", () => {
  let key: Awaited<ReturnType<typeof openBackupIdentity>>;
  let spare = "";
  beforeEach(async () => {
    key = await openBackupIdentity(house.settings);
    spare = mkdtempSync(join(tmpdir(), "roebuck-mending-spare-"));
    cpSync(folder, spare, { recursive: true });
  });
  afterEach(() => rmSync(spare, { recursive: true, force: true }));

  /** Another release's manifest: rightly sealed. */
  function reseal(change: (manifest: Manifest) => object): void {
    const file = join(spare, first, "manifest.json");
    const manifest = openManifest(readFileSync(file, "utf8"), key.macKey);
    if (typeof manifest === "string") throw new Error(`The backup is ${manifest}`);
    writeFileSync(file, sealManifest(change(manifest) as Manifest, key.macKey)); // on purpose not of this release
  }

  it.each<[string, (manifest: Manifest) => object, string, RegExp]>([
    ["a newer schema", (one) => ({ ...one, schema: one.schema + 1 }), "schema", /Use the release that made it/],
    ["a newer format", (one) => ({ ...one, v: 2, more: 1 }), "version", /newer release; use that release/],
    ["no valid manifest", (one) => ({ ...one, journal: 1 }), "invalid", /use another backup/],
    ["another backup's place", (one) => ({ ...one, id: "20261101T000000Z" }), "tampered", /its seal is wrong/],
    ["other keys", (one) => ({ ...one, keys: { ...one.keys, seal: "x" } }), "keys_other", /Put back the key files/],
  ])("because it has %s is refused with the reason", async (_, change, code, fix) => {
    reseal(change);
    const refused = await tryRestore(first, spare);
    expect([refused.code, refused.message]).toEqual([code, expect.stringMatching(fix)]);
    expect(await readRefusals()).toEqual([`${first} ${code}`]);
  });
});
