import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VIEWS } from "../../schemas/views.ts";
import { findFiles } from "../fixtures/disk.ts";
import { Installation, newEventId } from "../fixtures/roebuck-process.ts";

const roebuck = new Installation({ ROEBUCK_PEOPLE_MIN: "1" });
let url = "";
let password = "";

const query = (sql: string, key = password) =>
  fetch(url, { method: "POST", body: sql, headers: { "X-ClickHouse-User": "ada", "X-ClickHouse-Key": key } });

beforeAll(() => roebuck.start(), 120_000);
afterAll(() => roebuck[Symbol.asyncDispose]());

describe("analysts' accounts", () => {
  it("are none until one is made", async () => {
    expect(await roebuck.ask("analysts", "list")).toMatch(/^No analyst is let in. Add one/);
  });

  it("are made with a password that is shown once and kept nowhere", async () => {
    const { code, out, err } = await roebuck.run("analysts", "add", "ada");
    password = out.trim();
    url = /http:\/\/127\.0\.0\.1:\d+/.exec(err)?.[0] ?? "";
    expect([code, password]).toEqual([0, expect.stringMatching(/^[\w-]{43}$/)]);
    expect(findFiles(roebuck.folder, password)).toEqual([]);
    const file = join(roebuck.dataDir, "keys", "analysts.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, "utf8")).analysts).toHaveLength(1);
    expect(await roebuck.ask("analysts", "list")).toMatch(/^ada +\d{4}-\d\d-\d\d \d\d:\d\d[\s\S]*http:\/\/127/m);
  });

  it("read every view, and nothing else", async () => {
    for (const view of Object.keys(VIEWS)) {
      expect([view, (await query(`SELECT count() FROM ${view}`)).status]).toEqual([view, 200]);
    }
    const refused = await query("SELECT count() FROM audit");
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining("SELECT ON default.audit")]);
  });

  it("see what came in, without anybody whose processing is restricted", async () => {
    await roebuck.ask("partners", "import", aFile("partners.csv", "id,name,zone\nacme,Acme,UTC\n"));
    await roebuck.ask("instruction", "set", "acme", "--scope", "rights", "--reference", "letter 7");
    const lines = ["kestrel", "robin"].map((sub) =>
      JSON.stringify({
        id: newEventId(),
        sub,
        acct: "partner",
        ptn: "acme",
        type: "page_view",
        at: new Date().toISOString(),
        url: "https://www.example.org/a",
      }),
    );
    await roebuck.ask("import", "events", aFile("events.ndjson", lines.join("\n")));
    expect(await (await query("SELECT uniq(pseudonym) FROM engagement_v1")).text()).toBe("2\n");
    await roebuck.ask("subject", "restrict", "--partner", "acme", "--sub-file", aFile("who.txt", "kestrel\n"));
    expect(await (await query("SELECT uniq(pseudonym) FROM engagement_v1")).text()).toBe("1\n");
  });

  it("are noted with what they ask for, and with what they were refused, and nothing of the words", async () => {
    await query("SELECT count() FROM engagement_v1 WHERE path = '/kestrel-4711'");
    await query("SELECT count() FROM engagement_v1 WHERE path = '/robin-4711'");
    const entries = JSON.parse(await roebuck.ask("audit", "--action", "views.query", "--format", "json")) as {
      readonly actor: string;
      readonly detail: Readonly<Record<string, unknown>>;
    }[]; // the trail's own form
    const asked = entries.filter(({ actor }) => actor === "ada").map(({ detail }) => detail);
    expect(asked).toContainEqual({
      ...{ views: "engagement_v1", digest: expect.stringMatching(/^[0-9a-f]{16}$/) },
      ...{ rows: expect.any(Number), ms: expect.any(Number) },
    });
    expect(asked).toContainEqual({ refused: 497 });
    expect(new Set(asked.map(({ digest }) => digest)).size).toBe(asked.length); // each once
    expect(JSON.stringify(entries)).not.toContain("4711");
  });

  it("are there after a restart", async () => {
    await roebuck.end();
    await roebuck.start();
    url = /http:\/\/127\.0\.0\.1:\d+/.exec(await roebuck.ask("analysts", "list"))?.[0] ?? "";
    expect((await query("SELECT 1")).status).toBe(200);
  });

  it("are noted for what they asked again, too, when the service stops in order", async () => {
    const entries = JSON.parse(await roebuck.ask("audit", "--action", "views.query", "--format", "json")) as {
      readonly detail: Readonly<Record<string, unknown>>;
    }[]; // the trail's own form
    expect(entries.map(({ detail }) => detail)).toContainEqual({
      ...{ views: "engagement_v1", digest: expect.stringMatching(/^[0-9a-f]{16}$/), repeats: expect.any(Number) },
      ...{ rows: expect.any(Number), ms: expect.any(Number) },
    });
  });

  it("are gone as soon as they are removed, and noted", async () => {
    await roebuck.ask("analysts", "remove", "ada");
    expect((await query("SELECT 1")).status).toBe(403);
    const trail = await roebuck.ask("audit", "--action", "analysts.");
    expect(trail).toMatch(/analysts\.add +ada/);
    expect(trail).toMatch(/analysts\.remove +ada/);
  });

  it.each([
    [["add", "No Name"], /"No Name": the name must be/],
    [["add", "roebuck"], /none of roebuck, analyst, default/],
    [["remove", "nobody"], /"nobody": there is none of that name/],
  ])("are not changed by %s", async (words, message) => {
    const { code, err } = await roebuck.run("analysts", ...words);
    expect([code, err]).toEqual([1, expect.stringMatching(message)]);
  });
});

function aFile(name: string, text: string): string {
  writeFileSync(join(roebuck.folder, name), text);
  return name;
}
