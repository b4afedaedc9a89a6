import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPdfText } from "../fixtures/pdf-text.ts";
import { Installation, newEventId, thisMonth } from "../fixtures/roebuck-process.ts";

const MONTH = thisMonth();
const PARTNERS = `id,name,group,seats,fee,currency,contract_start,contract_end,zone,officer_name,officer_email
acme,Acme Children's Services,Charities,40,2200.00,GBP,2026-04-01,,UTC,Sam Carter,sam@acme.example
zeta,Zeta Trust,Charities,,,,,,UTC,,
gone,Gone Council,Councils,,,,2024-01-01,2025-01-01,UTC,,
`;
const GUIDE = { id: "g-1", type: "guide", topic: "Safeguarding", full: true };

const roebuck = new Installation({ ROEBUCK_PEOPLE_MIN: "1" });

function view(path: string, more: object = {}): object {
  return {
    id: newEventId(),
    type: "page_view",
    at: Date.now(),
    url: `https://www.example.org${path}`,
    title: `Page ${path}`,
    ...more,
  };
}

async function mint(sub: string, partner = "acme", ...more: string[]): Promise<string> {
  return (
    await roebuck.ask("token", "mint", "--site", "www", "--sub", sub, "--acct", "partner", "--ptn", partner, ...more)
  ).trim();
}

const beacon = (token: string | undefined, ...events: object[]) => ({
  v: 1,
  site: "www",
  ...(token === undefined ? {} : { token }),
  sent_at: Date.now(),
  events,
});

async function readRecord(partner: string): Promise<Record<string, never>> {
  await roebuck.ask("close", MONTH);
  return JSON.parse(await roebuck.ask("record", MONTH, partner, "--format", "json"));
}

beforeAll(async () => {
  await roebuck.start();
  writeFileSync(join(roebuck.folder, "partners.csv"), PARTNERS);
  await roebuck.ask("partners", "import", "partners.csv");
});
afterAll(() => roebuck[Symbol.asyncDispose]());

describe("the way of a beacon", () => {
  it("leads from the browser to the Partner's record in JSON, CSV and PDF, with the same numbers", async () => {
    const token = await mint("user-1", "acme", "--dept", "Early help");
    const search = {
      id: newEventId(),
      type: "search",
      at: Date.now(),
      url: "https://www.example.org/search",
      query: "neglect",
    };
    const taken = await roebuck.send(
      beacon(token, view("/guides/neglect", { resource: GUIDE }), view("/about"), search),
    );
    expect(taken).toEqual({ status: 202, body: { accepted: 3, rejected: [] } });

    const record = (await readRecord("acme")) as unknown as Record<string, Record<string, unknown>>; // JSON of the documented shape
    expect(record.figures).toEqual({
      Total_Item_Investigations: 1,
      Unique_Item_Investigations: 1,
      Total_Item_Requests: 1,
      Unique_Item_Requests: 1,
      Searches_Platform: 1,
      active_people: 1,
      visits: 1,
      page_views: 2,
      events_attended: 0,
    });
    expect(record.how_counted).toMatchObject({ received: 3, dropped: {}, double_clicks: 0, counted: 3 });
    expect(record.top_resources).toMatchObject([{ id: "g-1", title: "Page /guides/neglect", people: 1 }]);

    const csv = await roebuck.ask("record", MONTH, "acme", "--format", "csv");
    expect(csv).toContain("Page /guides/neglect");
    await roebuck.ask("record", MONTH, "acme", "-o", "acme.pdf");
    const text = (await readPdfText(readFileSync(join(roebuck.folder, "acme.pdf")))).join(" ");
    expect(text).toContain("Acme Children's Services");
    expect(text).toContain("Page /guides/neglect");
  });

  it("counts an event once, however often it is sent", async () => {
    const token = await mint("user-2", "zeta");
    const event = view("/guides/neglect", { resource: GUIDE });
    for (let time = 0; time < 3; time += 1) await roebuck.send(beacon(token, event));
    const record = (await readRecord("zeta")) as unknown as {
      figures: Record<string, number>;
      how_counted: Record<string, number>;
    }; // as above
    expect(record.figures.Total_Item_Requests).toBe(1);
    expect(record.how_counted).toMatchObject({ received: 1, counted: 1 });
  });

  it("tells in the record what was dropped and why, to the unit", async () => {
    const token = await mint("user-3", "zeta");
    const before = (await readRecord("zeta")) as unknown as { how_counted: Record<string, number> }; // as above
    await roebuck.send(beacon(token, view("/robot")), {
      "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    });
    await roebuck.send(
      beacon(token, {
        id: newEventId(),
        type: "leave",
        at: Date.now(),
        url: "https://www.example.org/",
        engaged_ms: 1_000,
      }),
    );
    await roebuck.send(beacon(token, view("/future", { at: Date.now() + 3_600_000 })));
    const { how_counted } = (await readRecord("zeta")) as unknown as {
      how_counted: { dropped: Record<string, number> } & Record<string, number>;
    }; // as above
    expect(how_counted.received).toBe((before.how_counted.received ?? 0) + 3);
    expect(how_counted.dropped).toEqual({ robot: 1, no_consent: 1, in_future: 1 });
    const dropped = Object.values(how_counted.dropped).reduce((sum, count) => sum + count, 0);
    expect(how_counted.received).toBe((how_counted.counted ?? 0) + (how_counted.double_clicks ?? 0) + dropped);
  });

  it("refuses what it must, by name", async () => {
    const token = await mint("user-4");
    const code = async (one: object, headers = {}) => (await roebuck.send(one, headers)).body;
    expect(await code({ ...beacon(token, view("/")), site: "other" })).toMatchObject({
      status: 403,
      code: "site_unknown",
    });
    expect(await code(beacon(token, view("/")), { origin: "https://evil.example" })).toMatchObject({
      status: 403,
      code: "origin_forbidden",
    });
    expect(await code(beacon(`${token}x`, view("/")))).toMatchObject({ status: 401, code: "token_invalid" });
    expect(await code(beacon(await mint("user-5", "nobody"), view("/")))).toMatchObject({
      status: 403,
      code: "partner_unknown",
    });
    expect(await code(beacon(await mint("user-6", "gone"), view("/")))).toMatchObject({
      status: 403,
      code: "partner_left",
    });
    expect(await code(beacon(token, ...Array.from({ length: 51 }, () => view("/"))))).toMatchObject({
      status: 400,
      code: "body_invalid",
    });
  });

  it("sums anonymous views by the hour and keeps nobody", async () => {
    const anonymous = view("/anonymous", { referrer: "https://search.example/?q=secret" });
    expect(await roebuck.send(beacon(undefined, anonymous))).toMatchObject({ status: 202 });
    expect(await roebuck.send(beacon(undefined, view("/anonymous")), { "sec-gpc": "1" })).toMatchObject({
      status: 202,
    });
    await roebuck.ask("close", MONTH);
    const rows = await roebuck.ask(
      "sql",
      "SELECT path, referrer, sum(views) AS views, sum(visits) AS visits FROM statistics_hourly WHERE path = '/anonymous' GROUP BY path, referrer",
      "--format",
      "JSONEachRow",
    );
    expect(JSON.parse(rows)).toMatchObject({ path: "/anonymous", referrer: "search.example" });
    expect(Number(JSON.parse(rows).views)).toBe(1);
  });
});

describe("closing a month", () => {
  it("keeps the version if nothing has changed, and makes the next one with its reason if something has", async () => {
    const first = (await readRecord("acme")) as unknown as { version: number }; // JSON of the documented shape
    expect(((await readRecord("acme")) as unknown as { version: number }).version).toBe(first.version); // as above
    await roebuck.send(beacon(await mint("user-7"), view("/late")));
    await roebuck.ask("close", MONTH, "--reason", "late events");
    const next = JSON.parse(await roebuck.ask("record", MONTH, "acme", "--format", "json"));
    expect(next).toMatchObject({ version: first.version + 1, reason: "late events" });
    const old = JSON.parse(
      await roebuck.ask("record", MONTH, "acme", "--format", "json", "--version", String(first.version)),
    );
    expect(old.figures.page_views).toBe(next.figures.page_views - 1);
  });

  it.each([
    [["close", "2026-13"], 2, /2026-13.*01 to 12/],
    [["close", "2099-01"], 1, /2099-01.*not begun/],
    [["close"], 2, /MONTH is missing/],
    [["record", MONTH, "nobody"], 1, /"nobody".*partners import/],
    [["record", "2020-01", "acme", "--format", "json"], 1, /2020-01.*close 2020-01/],
    [["record", MONTH, "acme", "--format", "doc"], 2, /doc.*pdf, html, json, csv/],
    [["sql", "INSERT INTO engagement (partner) VALUES ('x')"], 1, /refused/],
    [["sql", "SELECT * FROM file('/etc/passwd', 'LineAsString')"], 1, /refused/],
    [["snippet", "--url", "https://c.example/stats/"], 2, /"https:\/\/c[.]example\/stats\/".*https:\/\/c[.]example:/],
    [["snippet", "--url", "c.example"], 2, /"c[.]example".*https:/],
    [["token", "mint", "--site", "nope", "--sub", "x", "--acct", "public"], 1, /"nope".*www/],
    [["token", "mint", "--site", "www", "--sub", "x", "--acct", "partner"], 2, /ptn/],
    [["frobnicate"], 2, /"frobnicate"/],
  ])("refuses %j with exit code %i and what to do", async (words, code, message) => {
    const answer = await roebuck.run(...words);
    expect(`${answer.err}${answer.out}`).toMatch(message);
    expect(answer.code).toBe(code);
  });
});

describe("importing", () => {
  const line = (more: object) =>
    JSON.stringify({
      sub: "u-9",
      acct: "partner",
      ptn: "zeta",
      type: "page_view",
      at: `${MONTH}-01T10:00:00Z`,
      url: "https://www.example.org/old",
      ...more,
    });

  it("lists every bad line of a history with its number and imports nothing", async () => {
    const lines = [line({}), "not json", line({ type: "nap" }), line({ ptn: "nobody" }), line({ at: "yesterday" })];
    writeFileSync(join(roebuck.folder, "bad.ndjson"), lines.join("\n"));
    const before = (await readRecord("zeta")) as unknown as { how_counted: { received: number } }; // JSON of the documented shape
    const { code, err } = await roebuck.run("import", "events", "bad.ndjson");
    expect(code).toBe(1);
    for (const number of [2, 3, 4, 5]) expect(err).toContain(`line ${number}:`);
    expect(err).toContain("Nothing was imported");
    const after = (await readRecord("zeta")) as unknown as { how_counted: { received: number } }; // as above
    expect(after.how_counted.received).toBe(before.how_counted.received);
  });

  it("counts a history once, even if it is imported twice and its lines have no ids", async () => {
    writeFileSync(
      join(roebuck.folder, "good.ndjson"),
      [line({}), line({ url: "https://www.example.org/old2" }), line({ sub: "u-10" })].join("\n"),
    );
    await roebuck.ask("import", "events", "good.ndjson");
    const once = (await readRecord("zeta")) as unknown as { how_counted: { received: number } }; // as above
    await roebuck.ask("import", "events", "good.ndjson");
    const twice = (await readRecord("zeta")) as unknown as { version: number; how_counted: { received: number } }; // as above
    expect(twice.how_counted.received).toBe(once.how_counted.received);
  });

  it("lists every bad line of a Partner file and imports nothing", async () => {
    writeFileSync(join(roebuck.folder, "bad.csv"), "id,name,seats\nnew,New Partner,ten\nbad id,Name,1\n");
    const { code, err } = await roebuck.run("partners", "import", "bad.csv");
    expect(code).toBe(1);
    expect(err).toMatch(/line 2:.*seats[\s\S]*line 3:.*id/);
    expect(await roebuck.ask("sql", "SELECT count() FROM partners WHERE id = 'new'", "--format", "TSV")).toBe("0\n");
  });
});

describe("running", () => {
  it("refuses a second service on the same data folder", async () => {
    const { code, err } = await roebuck.run("serve");
    expect(code).toBe(1);
    expect(err).toMatch(/another process/);
  });

  it("finds everything in order", async () => {
    const { code, out } = await roebuck.run("check");
    expect(code, out).toBe(0);
    expect(out).toMatch(/warehouse +ok/);
  });

  it("ends in order on SIGTERM, and commands then work without the service", async () => {
    expect(await roebuck.end()).toBe(0);
    expect(await roebuck.ask("sql", "SELECT uniqExact(partner) FROM records", "--format", "TSV")).toBe("2\n");
    await roebuck.start();
  });

  it("refuses a wrong setting with its name, the value and what is allowed", async () => {
    const other = new Installation({ ROEBUCK_PORT: "http" });
    const { code, err } = await other.run("serve");
    expect(code).toBe(1);
    expect(err).toMatch(/ROEBUCK_PORT="http".*0 to 65535/);
    await other[Symbol.asyncDispose]();
  });
});
