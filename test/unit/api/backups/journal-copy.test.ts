import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BackupIdentity, openBackupIdentity, openBackupKey } from "../../../../api/backups/backup-key.ts";
import {
  copyJournal,
  findJournalCopies,
  readJournalCopy,
  readRawRecords,
} from "../../../../api/backups/journal-copy.ts";
import { aJournalLog, someEntries } from "../../../fixtures/journal-records.ts";
import { NOW } from "../../../fixtures/transform-events.ts";

let folder = "";
let key: BackupIdentity;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "roebuck-journal-copy-"));
  key = await openKeyOf("keys");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function openKeyOf(name: string): Promise<BackupIdentity> {
  const settings = { dataDir: folder, keysDir: join(folder, name) };
  await openBackupKey(settings);
  return openBackupIdentity(settings);
}

const base = someEntries(["a", "b", "c"]);
const longer = [...base, ...someEntries(["d", "e"], base)];
const other = [...base, ...someEntries(["x", "y", "z"], base)];
const copy = (records: readonly Uint8Array[]) => copyJournal(aJournalLog(records), folder, key, NOW);

async function readLatest() {
  const latest = findJournalCopies(folder, key).at(-1);
  if (latest === undefined) throw new Error("There is no copy of the journal");
  return readJournalCopy(folder, latest, key);
}

const names = () => readdirSync(join(folder, "journal")).toSorted();

describe("readRawRecords()", () => {
  it.each([0, 1, 5])("gives %i records in their order", async (count) => {
    expect(await readRawRecords(aJournalLog(longer.slice(0, count)))).toEqual(longer.slice(0, count));
  });
});

describe("copyJournal()", () => {
  it("copies every record, and readJournalCopy() gives them back", async () => {
    const head = await copy(longer);
    const { records, chain } = await readLatest();
    expect(records.map((record) => Buffer.from(record))).toEqual(longer.map((record) => Buffer.from(record)));
    expect(chain.head()).toEqual(head);
  });

  it("copies a journal in which nothing was decided yet", async () => {
    expect(await copy([])).toEqual({ count: 0, hash: "" });
    expect((await readLatest()).records).toEqual([]);
  });

  it("never goes backwards, and says how to put the copy back", async () => {
    await copy(longer);
    const before = names();
    await expect(copy(base)).rejects.toThrow(
      /reaches 5 decisions, the journal here 3.*roebuck restore --journal --yes/,
    );
    await expect(copy([])).rejects.toThrow(/restore --journal/);
    await expect(copy(other)).rejects.toThrow(/decisions of the copy are missing here/);
    expect(names()).toEqual(before);
  });

  it("keeps three copies, the one that reaches furthest among them", async () => {
    for (let count = 0; count <= longer.length; count += 1) await copy(longer.slice(0, count));
    expect(names()).toHaveLength(6); // each is a file and its manifest
    expect(findJournalCopies(folder, key).map(({ head }) => head.count)).toEqual([3, 4, 5]);
  });

  it("clears away what a killed copy left", async () => {
    await copy(base);
    writeFileSync(join(folder, "journal", "000000000009-aaaa.age"), "half");
    writeFileSync(join(folder, "journal", "000000000009-bbbb.json.new"), "half");
    await copy(longer);
    expect(names().filter((name) => name.startsWith("000000000009"))).toEqual([]);
    expect(findJournalCopies(folder, key).map(({ head }) => head.count)).toEqual([3, 5]);
  });
});

describe("findJournalCopies()", () => {
  it("finds none where there is none", () => {
    expect(findJournalCopies(folder, key)).toEqual([]);
  });

  it("refuses one whose manifest was changed, and one of another key", async () => {
    await copy(base);
    await expect(openKeyOf("other").then((wrong) => findJournalCopies(folder, wrong))).rejects.toThrow(
      /--identity FILE/,
    );
    const [manifest = ""] = names().filter((name) => name.endsWith(".json"));
    const file = join(folder, "journal", manifest);
    writeFileSync(file, readFileSync(file, "utf8").replace('\\"count\\":3', '\\"count\\":2'));
    expect(() => findJournalCopies(folder, key)).toThrow(/its seal is wrong/);
  });
});
