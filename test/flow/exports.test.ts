import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFiles } from "../fixtures/disk.ts";
import { Installation, newEventId } from "../fixtures/roebuck-process.ts";

const roebuck = new Installation({ ROEBUCK_PEOPLE_MIN: "1" });
const at = (name: string) => join(roebuck.folder, name);
const list = () => roebuck.ask("exports", "list");
const PEOPLE = { kestrel: "kestrel-user-7741", robin: "robin-user-3310" };
const who = (name: keyof typeof PEOPLE, partner = "acme") => {
  writeFileSync(at(`${name}.txt`), `${PEOPLE[name]}\n`);
  return ["--partner", partner, "--sub-file", `${name}.txt`];
};

beforeAll(async () => {
  await roebuck.start();
  writeFileSync(at("partners.csv"), "id,name,zone\nacme,Acme,UTC\nbrook,Brook,UTC\n");
  await roebuck.ask("partners", "import", "partners.csv");
  for (const partner of ["acme", "brook"]) {
    await roebuck.ask("instruction", "set", partner, "--scope", "rights", "--reference", "letter 7");
    for (const [name, sub] of Object.entries(PEOPLE)) {
      const line = { sub, acct: "partner", ptn: partner, type: "search", query: `term of ${name}` };
      const event = { ...line, id: newEventId(), at: new Date().toISOString(), url: "https://www.example.org/a" };
      writeFileSync(at("events.ndjson"), JSON.stringify(event));
      await roebuck.ask("import", "events", "events.ndjson");
    }
  }
}, 120_000);
afterAll(() => roebuck[Symbol.asyncDispose]());

describe("files that commands export", { timeout: 240_000 }, () => {
  it("are on a list with the day on which they go, and name nobody there", async () => {
    expect(await list()).toContain("No file with people's rows");
    const said = await roebuck.ask("subject", "export", ...who("kestrel"), "-o", "one.json");
    expect(said).toMatch(/Roebuck deletes it on \d{4}-\d\d-\d\d at \d\d:\d\d UTC, or as soon as somebody/);
    await roebuck.ask("subject", "export", ...who("robin"), "--format", "csv", "-o", "other.csv");
    await roebuck.ask("subject", "export", ...who("kestrel", "brook"), "-o", "brook-one.json");
    await roebuck.ask("partners", "export", "acme", "-o", "for-acme");
    await roebuck.ask("partners", "export", "brook", "-o", "for-brook");
    await roebuck.ask("sql", "SELECT * FROM engagement_v1", "--format", "Parquet", "-o", "rows.parquet");
    await roebuck.ask("sql", "SELECT month FROM records_v1", "--format", "CSV", "-o", "months.csv");
    const listed = await list();
    for (const [what, file] of [
      ["one person +acme", "one.json"],
      ["one person +acme", "other.csv"],
      ["one person +brook", "brook-one.json"],
      ["a Partner +acme", "for-acme/engagement.csv"],
      ["a query +", "rows.parquet"],
    ]) {
      expect(listed).toMatch(new RegExp(`^${what} .*as written +\\S+${file}$`, "m"));
    }
    expect(listed).not.toContain("months.csv"); // has nobody's rows
    const ledger = join(roebuck.dataDir, "exports.json");
    expect(statSync(ledger).mode & 0o777).toBe(0o600);
    for (const sub of Object.values(PEOPLE)) expect(readFileSync(ledger, "utf8")).not.toContain(sub);
  });

  it("are refused a name that names the person", async () => {
    const { code, err } = await roebuck.run("subject", "export", ...who("kestrel"), "-o", `${PEOPLE.kestrel}.json`);
    expect([code, err]).toEqual([2, expect.stringContaining("must not name the person")]);
    expect(existsSync(at(`${PEOPLE.kestrel}.json`))).toBe(false);
  });

  it("for others go with a restriction of anybody who may be in them; the person's own stays", async () => {
    await roebuck.ask("partners", "export", "acme", "-o", "for-acme-too");
    await roebuck.ask("subject", "restrict", ...who("robin"));
    expect(existsSync(at("for-acme-too"))).toBe(false);
    for (const name of ["other.csv", "one.json", "for-brook/engagement.csv"]) {
      expect([name, existsSync(at(name))]).toEqual([name, true]);
    }
    await roebuck.ask("subject", "unrestrict", ...who("robin"));
    await roebuck.ask("partners", "export", "acme", "-o", "for-acme");
    await roebuck.ask("sql", "SELECT * FROM engagement_v1", "--format", "Parquet", "-o", "rows.parquet");
  });

  it("go with an erasure: the person's own, the Partner's, and answers over people's rows; nobody else's", async () => {
    const out = JSON.parse(await roebuck.ask("subject", "erase", ...who("kestrel"), "--format", "json"));
    expect(out.exports.changed).toBe(0);
    expect(out.exports.removed).toBeGreaterThan(8);
    for (const name of ["one.json", "for-acme", "rows.parquet"])
      expect([name, existsSync(at(name))]).toEqual([name, false]);
    // Another's, another Partner's, and what has nobody's rows.
    for (const name of ["other.csv", "brook-one.json", "for-brook/engagement.csv", "months.csv"]) {
      expect([name, existsSync(at(name))]).toEqual([name, true]);
    }
    expect(await list()).not.toMatch(/\/one\.json$/m);
    expect(
      findFiles(roebuck.folder, "term of kestrel").filter(
        (file) => !file.includes("brook") && !file.includes("events.ndjson") && !file.startsWith(roebuck.dataDir),
      ),
    ).toEqual([]);
  });

  it("that somebody has changed are left, and named until they are deleted by hand", async () => {
    await roebuck.ask("subject", "export", ...who("robin"), "-o", "edited.json");
    writeFileSync(at("edited.json"), "somebody's notes");
    const out = await roebuck.ask("subject", "erase", ...who("robin"));
    expect(out).toMatch(/exports: 1 files deleted; 1 were changed since: delete them by hand/);
    expect(existsSync(at("other.csv"))).toBe(false);
    expect(readFileSync(at("edited.json"), "utf8")).toBe("somebody's notes");
    expect(await list()).toMatch(/changed +\S+edited\.json/);
  });

  it("go when their time is over, at the latest when the service starts", async () => {
    const ledger = join(roebuck.dataDir, "exports.json");
    await roebuck.end();
    const { exports, ...rest } = JSON.parse(readFileSync(ledger, "utf8"));
    const over = exports.map((one: object) => ({ ...one, expiresMs: Date.now() - 1 }));
    writeFileSync(ledger, JSON.stringify({ ...rest, exports: over }), { mode: 0o600 });
    mkdirSync(at("for-brook/mine"));
    await roebuck.start();
    expect(existsSync(at("brook-one.json"))).toBe(false);
    expect(existsSync(at("for-brook/engagement.csv"))).toBe(false);
    // What somebody else has put there stays.
    expect(existsSync(at("for-brook/mine"))).toBe(true);
    expect(roebuck.logged).toContain("exports whose time was over were deleted");
  });

  it("keep an erasure from being certified while their list cannot be read", async () => {
    writeFileSync(join(roebuck.dataDir, "exports.json"), "{", { mode: 0o600 });
    const { code, err } = await roebuck.run("subject", "erase", ...who("kestrel", "brook"));
    expect([code, err]).toEqual([1, expect.stringContaining("Cannot read the list of exports")]);
  });
});
