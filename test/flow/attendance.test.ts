import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiKey, mintApiKey } from "../../api/access/api-key.ts";
import { openGate } from "../../api/access/gate.ts";
import { NOW_MS, startCollector, type TestCollector } from "../fixtures/collector.ts";
import { Installation } from "../fixtures/roebuck-process.ts";

const USER = "kestrel-user-7741";
const minted = mintApiKey();
const good = { authorization: `Bearer ${minted.key}` };
const ATTENDANCE = {
  at: NOW_MS - 30 * 86_400_000,
  user: { sub: USER, acct: "partner", ptn: "acme" },
  event: { id: "w-7", title: "Neglect", kind: "webinar" },
  minutes: 55,
};
const toBody = (...changes: object[]) => ({
  v: 1,
  attendances: changes.map((change) => ({ ...ATTENDANCE, ...change })),
});

/** A collector that lets one key in. */
async function open(key: Partial<ApiKey> = {}): Promise<TestCollector> {
  const { id, hash } = minted;
  const fresh = { createdMs: 0, expiresMs: NOW_MS + 1 };
  const kept: ApiKey = { id, hash, name: "CMS", roles: ["ingest"], partners: null, ...fresh, ...key };
  const gate = openGate({
    keys: { keysLater: async () => new Map([[kept.id, kept]]) },
    clock: { nowMs: () => NOW_MS },
    settings: { ratePerKey: 0, ratePerAddress: 0 },
    logger: { info: () => {}, warn: () => {}, error: () => {} },
  });
  return startCollector({ parts: { gate } });
}

const tell = (
  collector: { url: string },
  body: unknown = toBody({}),
  headers: Readonly<Record<string, string>> = good,
) =>
  fetch(`${collector.url}/v1/attendance`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

describe("POST /v1/attendance", () => {
  it("answers 202 once all are on the log, each a record of its person, and writes no user id", async () => {
    await using collector = await open();
    const other = { user: { sub: "u-2", acct: "subscriber" } };
    const answer = await tell(collector, toBody({}, other, { minutes: -1 }));
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ accepted: 2, rejected: [{ index: 2, code: "event_invalid" }] });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const kept = collector.log.beacons();
    expect(kept.map(({ origin, person }) => [origin, person.ptn])).toEqual([
      ["server", "acme"],
      ["server", ""],
    ]);
    expect(collector.log.records.slice(1).map(({ key }) => key)).toEqual(kept.map(({ person }) => person.ref));
    expect(collector.log.notes()).toMatchObject([
      { actor: minted.id, action: "attendance.tell", subject: "", detail: { accepted: 2, rejected: 1 } },
    ]);
    expect(collector.log.text() + JSON.stringify([collector.told, collector.warnings])).not.toContain(USER);
    expect(collector.told).toEqual([
      { sentence: "attendances were told", facts: { key: minted.id, accepted: 2, rejected: 1 } },
    ]);
    expect(await (await fetch(`${collector.url}/metrics`)).text()).toMatch(/^roebuck_attendances_accepted_total 2$/m);
  });

  it.each<[string, Partial<ApiKey>, unknown, Record<string, string>, number, string]>([
    ["no key", {}, toBody({}), {}, 401, "key_missing"],
    ["another's key", {}, toBody({}), { authorization: `Bearer ${mintApiKey().key}` }, 401, "key_invalid"],
    ["an expired key", { expiresMs: NOW_MS }, toBody({}), good, 401, "key_expired"],
    ["a role that may not", { roles: ["privacy", "operator"] }, toBody({}), good, 403, "role_forbidden"],
    ["another Partner's key", { partners: ["brook"] }, toBody({}), good, 403, "partner_forbidden"],
    ["a Partner that left", {}, toBody({ user: { ...ATTENDANCE.user, ptn: "gone" } }), good, 403, "partner_left"],
    ["a Partner not on file", {}, toBody({ user: { ...ATTENDANCE.user, ptn: "x" } }), good, 403, "partner_unknown"],
    ["another site", {}, { ...toBody({}), site: USER }, good, 403, "site_unknown"],
    ["bad attendances only", {}, toBody({ minutes: USER }), good, 400, "event_invalid"],
    ["no JSON", {}, `{"sub": "${USER}"`, good, 400, "body_invalid"],
    ["another media type", {}, toBody({}), { ...good, "content-type": "text/csv" }, 415, "media_type"],
    ["too large a body", {}, `"${USER.repeat(70_000)}"`, good, 413, "body_too_large"],
  ])("refuses %s, and takes nothing", async (_, key, body, headers, status, code) => {
    await using collector = await open(key);
    const answer = await tell(collector, body, headers);
    const text = await answer.text();
    expect([answer.status, JSON.parse(text).code]).toEqual([status, code]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(collector.log.beacons()).toEqual([]);
    expect(text + JSON.stringify([collector.told, collector.warnings])).not.toContain(USER);
  });

  it("takes 500 at once", async () => {
    await using collector = await open();
    const many = Array.from({ length: 500 }, (_, index) => ({ user: { ...ATTENDANCE.user, sub: `u-${index}` } }));
    expect(await (await tell(collector, toBody(...many))).json()).toEqual({ accepted: 500, rejected: [] });
    expect(collector.log.beacons()).toHaveLength(500);
  });

  it("answers 503 while the log is away, and 202 when it is back", async () => {
    await using collector = await open();
    collector.log.failing = "unavailable";
    const answer = await tell(collector);
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: "log_unavailable" }]);
    expect(answer.headers.get("retry-after")).toBe("5");
    collector.log.failing = undefined;
    expect((await tell(collector)).status).toBe(202);
  });

  it("is not there for browsers, nor by another method, nor where nobody checks keys", async () => {
    await using collector = await open();
    expect((await fetch(`${collector.url}/v1/attendance`, { method: "OPTIONS" })).status).toBe(405);
    expect((await fetch(`${collector.url}/v1/attendance`)).headers.get("allow")).toBe("POST");
    await using bare = await startCollector();
    expect((await tell(bare)).status).toBe(404);
  });
});

describe("attendances that the site's server tells", { timeout: 180_000 }, () => {
  const roebuck = new Installation();
  afterAll(() => roebuck[Symbol.asyncDispose]());
  let key = "";
  beforeAll(async () => {
    await roebuck.start();
    writeFileSync(join(roebuck.folder, "partners.csv"), "id,name,zone\nacme,Acme,UTC\n");
    await roebuck.ask("partners", "import", "partners.csv");
    key = (await roebuck.ask("api-keys", "add", "--role", "ingest", "--name", "CMS")).trim();
  }, 180_000);

  const ask = async (sql: string) => (await roebuck.ask("sql", sql, "--format", "TSV")).trim();
  /** Asks until the answer is there. */
  const askUntil = async (sql: string, wanted: string) => {
    for (let tries = 0; tries < 120; tries += 1) {
      const found = await ask(sql);
      if (found === wanted) return found;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return ask(sql);
  };

  it("become one attendance in the analysts' view, however often they are told, with the most minutes", async () => {
    const at = Date.now() - 30 * 86_400_000;
    const person = (sub: string, minutes: number) => ({ at, user: { ...ATTENDANCE.user, sub }, minutes });
    const headers = { authorization: `Bearer ${key}` };
    for (const minutes of [20, 20, 45]) {
      const answer = await tell(roebuck, toBody(person(USER, minutes), person("u-2", 5)), headers);
      expect([answer.status, await answer.json()]).toEqual([202, { accepted: 2, rejected: [] }]);
    }
    await askUntil("SELECT count() FROM attendance", "6");
    expect(await ask("SELECT event, title, kind, minutes FROM attendance_v1 ORDER BY minutes")).toBe(
      "w-7\tNeglect\twebinar\t5\nw-7\tNeglect\twebinar\t45",
    );
    expect(roebuck.logged).not.toContain(USER);
  });

  it("are kept of a public account only with its consent", async () => {
    const at = Date.now() - 3_600_000;
    const headers = { authorization: `Bearer ${key}` };
    const answer = await tell(roebuck, toBody({ at, user: { sub: "u-9", acct: "public" } }), headers);
    expect(answer.status).toBe(202);
    const sql = "SELECT reason FROM drops WHERE type = 'attendance'";
    expect(await askUntil(sql, "no_consent")).toBe("no_consent");
  });
});
