import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AUDIT_NOTES, runAudited } from "../../api/audited.ts";
import { parseArguments } from "../../api/command.ts";
import type { CommandIo } from "../../api/command-io.ts";
import { COMMANDS } from "../../api/commands.ts";
import { aMatomoVisit, anAccessLine } from "../fixtures/history.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

/** A user id that no trail may ever hold. */
const PLANTED = "planted-user-77153@example.org";

let house: RightsHouse;
let folder: string;
let out = "";
let seconds = 0;
/** Id of the key that tokens were signed with before the rotation. */
let firstToken = "";
/** The list of API keys. */
let apiKeys = "";
let io: CommandIo;
beforeAll(async () => {
  house = await openRightsHouse();
  firstToken = house.service.keyFiles.signingKey("www")?.kid ?? "";
  folder = mkdtempSync(join(tmpdir(), "roebuck-audit-"));
  io = {
    ...house.io,
    line: (text) => {
      out += `${text}\n`;
    },
    bytes: async (chunk) => {
      out += Buffer.from(chunk).toString();
    },
  };
  await house.send({ sub: PLANTED, at: "2026-11-18T09:00:00Z", received: "2026-11-18T09:00:00Z" });
  await house.settle();
  writeFileSync(join(folder, "subs.txt"), `${PLANTED}\n`);
  writeFileSync(join(folder, "visits.json"), JSON.stringify([aMatomoVisit()]));
  writeFileSync(join(folder, "access.log"), `${anAccessLine()}\n`);
  writeFileSync(join(folder, "partners.csv"), "id,name\nacme,Name of acme\n");
  const line = { sub: PLANTED, acct: "partner", ptn: "acme", type: "page_view", at: "2026-11-19T09:00:00Z" };
  writeFileSync(join(folder, "events.ndjson"), `${JSON.stringify({ ...line, url: "https://www.example.org/a" })}\n`);
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command line as the control channel does; a refusal is an outcome like any other. Answers what it said. */
async function give(...words: readonly string[]): Promise<string> {
  const command = COMMANDS.find(({ name }) => name === words.slice(0, name.split(" ").length).join(" "));
  if (command?.on !== "service") throw new Error(`${words.join(" ")} is no command on the stores`);
  const args = parseArguments(command, words.slice(command.name.split(" ").length));
  out = "";
  seconds += 1; // so that the trail has an order
  house.at(new Date(Date.parse("2026-11-20T13:00:00Z") + seconds * 1_000).toISOString());
  try {
    await runAudited(command, house.service, args, io);
  } catch (error) {
    out += String(error);
  }
  return out;
}

async function readTrail(): Promise<readonly { action: string; actor: string; subject: string; detail: string }[]> {
  return house.rows("SELECT action, actor, subject, detail FROM audit ORDER BY at, rowNumberInAllBlocks()");
}

const WHO = () => ["--partner", "acme", "--sub-file", join(folder, "subs.txt")];

/** A plausible command line for every command that is to be seen in the trail. `{request}` is one that is open. */
const LINES: Readonly<Record<string, () => readonly string[]>> = {
  close: () => ["2026-11"],
  deliver: () => ["2026-11", "--dry-run"],
  audit: () => [],
  sql: () => [`SELECT '${PLANTED}'`],
  "token mint": () => ["--site", "www", "--sub", PLANTED, "--acct", "partner", "--ptn", "acme"],
  "partners import": () => [join(folder, "partners.csv")],
  "partners export": () => ["acme", "-o", join(folder, "export")],
  "import events": () => [join(folder, "events.ndjson")],
  "import attendance": () => [join(folder, "events.ndjson")],
  "import feedback": () => [join(folder, "events.ndjson")],
  "import matomo": () => [join(folder, "visits.json")],
  "import access-log": () => [join(folder, "access.log")],
  purge: () => ["--dry-run"],
  clocks: () => ["--dry-run"],
  "hold set": () => ["--reference", "order 1"],
  "hold release": () => [[...house.service.journal().holds.keys()][0] ?? ""],
  "subject lookup": WHO,
  "subject export": WHO,
  "subject rectify": () => [...WHO(), "--dept", PLANTED],
  "subject restrict": WHO,
  "subject unrestrict": WHO,
  "subject object": () => [...WHO(), "--purpose", "behaviour"],
  "subject erase": WHO,
  "requests list": () => [],
  "requests show": () => ["{request}"],
  "requests open": () => ["access", "--partner", "acme"],
  "requests stop": () => ["{request}", "--reason", "who are they"],
  "requests resume": () => ["{request}"],
  "requests extend": () => ["{request}", "--reason", "many rows"],
  "requests acknowledge": () => ["{request}"],
  "requests close": () => ["{request}"],
  "instruction set": () => ["brook", "--scope", "rights", "--reference", "letter 8"],
  "instruction revoke": () => ["brook", "--scope", "rights"],
  "keys list": () => [],
  "keys rotate": () => ["token", "--site", "www", "-o", join(folder, "token.key")],
  "keys revoke": () => [firstToken],
  "keys destroy": () => ["salt", "brook"],
  "operators add": () => ["ann", "-o", join(folder, "ann.key")],
  "operators remove": () => ["ann"],
  export: () => ["engagement_v1", "--month", "2026-11"],
  "analysts add": () => ["ada"],
  "analysts remove": () => ["ada"],
  "api-keys add": () => ["--role", "ingest", "--name", "the website"],
  "api-keys revoke": () => [/\b[a-z0-9]{6,}\b(?=.*ingest)/.exec(apiKeys)?.[0] ?? ""],
  backup: () => ["--dir", join(folder, "backups")],
  "backups verify": () => ["all", "--dir", join(folder, "backups")],
  processing: () => [],
  breach: () => ["--from", "2026-11-18T00:00:00Z", "--until", "2026-11-19T00:00:00Z"],
};

describe("the audit trail", () => {
  const noted = Object.entries(AUDIT_NOTES).flatMap(([name, note]) => {
    // A restore opens the stores itself; test/flow/restore.test.ts looks for its entries.
    if ("none" in note || name === "restore") return [];
    return [[name, "act" in note ? note.act : note.command] as const];
  });
  let request = "";

  it.each(noted)("notes %s as %s, with who and without whom", async (name, action) => {
    const words = LINES[name];
    if (words === undefined) throw new Error(`${name} has no command line in this test: add one`);
    if (request === "")
      request = /R-\d{4}-\w+/.exec(await give("requests", "open", "erasure", "--partner", "acme"))?.[0] ?? "";
    if (name === "api-keys revoke") apiKeys = await give("api-keys", "list");
    const before = (await readTrail()).length;
    await give(...name.split(" "), ...words().map((word) => word.replace("{request}", request)));
    const added = (await readTrail()).slice(before);
    expect(added.filter((entry) => entry.action === action && entry.actor === "wren")).not.toEqual([]);
    const text = JSON.stringify(await readTrail());
    expect(text).not.toContain(PLANTED);
    expect(text).not.toContain(house.toRef(PLANTED));
    for (const { pseudonym } of house.toPseudonyms(PLANTED)) expect(text.toLowerCase()).not.toContain(pseudonym);
  });

  it("notes what was refused, with the reason", async () => {
    await give("subject", "erase", "--partner", "brook", "--sub", "somebody");
    const [last] = (await readTrail()).slice(-1);
    expect(last).toEqual({
      action: "subject.erase",
      actor: "wren",
      subject: "brook",
      detail: '{"refused":"no_instruction"}',
    });
  });

  it("can be read by day, action, account and thing, as text, JSON and CSV", async () => {
    const text = await give("audit", "--action", "keys.", "--since", "2026-11-20");
    expect(text).toMatch(/^At \(UTC\) +Who +Action +About +Detail/);
    expect(text).toMatch(/2026-11-20T13:\d\d:\d\d\.000Z +wren +keys\.rotate +token /);
    expect(text).not.toContain("subject.erase");
    const json = JSON.parse(await give("audit", "--about", "brook", "--action", "subject.erase", "--format", "json"));
    expect(json).toEqual([
      {
        at: expect.stringMatching(/^2026-11-20T13:\d\d:\d\d\.000Z$/),
        actor: "wren",
        action: "subject.erase",
        subject: "brook",
        detail: { refused: "no_instruction" },
      },
    ]);
    expect(await give("audit", "--actor", "nobody")).toBe("Nothing of that kind is in the trail.\n");
    expect(await give("audit", "--until", "2026-11-19")).toBe("Nothing of that kind is in the trail.\n");
    const csv = await give("audit", "--format", "csv", "--limit", "1");
    expect(csv.split("\r\n")[0]).toBe("At (UTC),Who,Action,About,Detail");
  });

  it.each([
    [["--since", "20.11.2026"], '"20.11.2026": it must be a day'],
    [["--until", "2026-02-30"], '"2026-02-30": it must be a day'],
    [["--limit", "0"], '"0": it must be a whole number'],
  ])("refuses to be read with %s", async (words, message) => {
    expect(await give("audit", ...words)).toContain(message);
  });

  it("keeps a command from running that cannot be noted", async () => {
    const broken = {
      ...house.service,
      warehouse: { ...house.service.warehouse, insertRows: () => Promise.reject(new Error("away")) },
    };
    let hasRun = false;
    const command = {
      name: "sql",
      summary: "",
      operands: [],
      flags: [],
      on: "service" as const,
      run: async () => {
        hasRun = true;
        return 0;
      },
    };
    await expect(runAudited(command, broken, { operands: {}, flags: {}, switches: new Set() }, io)).rejects.toThrow(
      "away",
    );
    expect(hasRun).toBe(false);
    expect(readFileSync(join(folder, "subs.txt"), "utf8")).toContain(PLANTED); // the test itself knew whom to look for
  });
});
