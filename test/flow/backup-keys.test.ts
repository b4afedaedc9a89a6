import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateX25519Identity } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toBackupKeyFile } from "../../api/backups/backup-key.ts";
import { readSettings } from "../../api/environment.ts";
import { Installation } from "../fixtures/roebuck-process.ts";

const roebuck = new Installation();
const aside = join(roebuck.folder, "kept-elsewhere.json");
let keyFile = "";
let id = "";

beforeAll(async () => {
  roebuck.environment.ROEBUCK_BACKUP_DIR = join(roebuck.folder, "backups");
  writeFileSync(join(roebuck.folder, "partners.csv"), "id,name,zone\nacme,Acme,UTC\n");
  await roebuck.ask("partners", "import", "partners.csv");
  id = /Backup (\S+):/.exec(await roebuck.ask("backup"))?.[1] ?? "";
  keyFile = toBackupKeyFile(readSettings(roebuck.environment).settings);
}, 120_000);
afterAll(() => roebuck[Symbol.asyncDispose]());

/** Does something while the key file is as a case has it; puts it back. */
async function whileKeyIs<T>(change: () => void, act: () => Promise<T>): Promise<T> {
  const kept = readFileSync(keyFile);
  try {
    change();
    return await act();
  } finally {
    rmSync(keyFile, { force: true });
    writeFileSync(keyFile, kept, { mode: 0o600 });
  }
}

const withoutIdentity = () => {
  const { identity: _, ...rest } = JSON.parse(readFileSync(keyFile, "utf8"));
  writeFileSync(keyFile, JSON.stringify(rest));
};
const write = (name: string, text: string) => {
  writeFileSync(join(roebuck.folder, name), text, { mode: 0o600 });
  return name;
};

describe("the key of the backups", () => {
  it.each<[string, () => void, RegExp]>([
    ["is missing", () => rmSync(keyFile), /Cannot read backups: there is no ".+backup\.json".*--identity FILE/],
    ["holds no identity", withoutIdentity, /Cannot read backups: ".+" holds no identity.*--identity FILE/],
    [
      "can be read by others",
      () => chmodSync(keyFile, 0o644),
      /its mode is 644 and others can read it\. Run: chmod 600/,
    ],
    ["is not a key file", () => writeFileSync(keyFile, "{}"), /not a key file of backups\. Put it back/],
    ["is half of one", () => writeFileSync(keyFile, readFileSync(keyFile, "utf8").slice(0, 90)), /Put it back/],
  ])("that %s: restore and verify end with 1, say what to do, and change nothing", async (_, change, words) => {
    const secret = JSON.parse(readFileSync(keyFile, "utf8")).identity;
    const answers = await whileKeyIs(change, async () => [
      await roebuck.run("restore", id, "--yes"),
      await roebuck.run("backups", "verify", "all"),
    ]);
    for (const { code, err, out } of answers) {
      expect([code, err]).toEqual([1, expect.stringMatching(words)]);
      expect(`${out}${err}`).not.toContain(secret);
    }
    expect((await roebuck.run("backups", "verify", "all")).code).toBe(0);
  });

  it("that is another's: its backups are told from changed ones by what to do", async () => {
    const other = write("other.txt", `${await generateX25519Identity()}\n`);
    const { code, err } = await roebuck.run("restore", id, "--yes", "--identity", other);
    expect([code, err]).toEqual([1, expect.stringMatching(/belongs to another key.*--identity FILE/)]);
  });

  it.each([
    ["is not there", "nowhere.txt", /Cannot read the identity file ".*nowhere\.txt": it must be a file/],
    ["holds something else", "partners.csv", /must hold a line AGE-SECRET-KEY-1/],
  ])("given by a file that %s is refused with exit code 1", async (_, file, words) => {
    const { code, err } = await roebuck.run("restore", id, "--yes", "--identity", file);
    expect([code, err]).toEqual([1, expect.stringMatching(words)]);
  });

  it("that was kept elsewhere reads, as a copy of the file or as a line, and new backups join the old ones", async () => {
    writeFileSync(aside, readFileSync(keyFile), { mode: 0o600 });
    const line = write("line.txt", `# a note\n${JSON.parse(readFileSync(keyFile, "utf8")).identity}\n`);
    renameSync(keyFile, join(roebuck.folder, "gone.json"));
    for (const file of [aside, line]) {
      const { code, err } = await roebuck.run("restore", id, "--yes", "--identity", file);
      expect([file, code, err]).toEqual([file, 0, expect.not.stringContaining("Cannot")]);
    }
    // What can read stays where it was given from; what can write is kept.
    expect(JSON.parse(readFileSync(keyFile, "utf8"))).not.toHaveProperty("identity");
    await roebuck.ask("backup");
    expect(await roebuck.ask("backups", "verify", "all", "--identity", line)).toMatch(
      /(?:\S+: whole\n){2}journal: whole/,
    );
  });

  it.each<[string, readonly string[], RegExp]>([
    ["no --yes", [], /replaces the tables; say so with --yes/],
    ["neither an id nor --journal", ["--yes"], /Name a backup, or --journal/],
    ["an id and --journal", ["--yes", "--journal"], /Name a backup, or --journal/],
  ])("is not asked for with %s: exit code 2", async (words, flags, message) => {
    const ids = words.startsWith("neither") ? [] : [id];
    const { code, err } = await roebuck.run("restore", ...ids, ...flags);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  it("leaves each refusal in the audit trail, with its reason", async () => {
    const sql = "SELECT detail, count() FROM audit WHERE action = 'restore' GROUP BY detail ORDER BY detail";
    expect(await roebuck.ask("sql", sql, "--format", "TSV")).toBe(
      ['{"refused":"not_possible"}\t7', '{"refused":"tampered"}\t1', "{}\t2", ""].join("\n"),
    );
  });
});
