import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiKey, mintApiKey } from "../../api/access/api-key.ts";
import { openGate } from "../../api/access/gate.ts";
import type { Settings } from "../../schemas/settings.ts";
import { NOW_MS, startCollector, type TestCollector } from "../fixtures/collector.ts";
import { openSocket, readToEnd } from "../fixtures/raw-http.ts";
import { Installation, newEventId } from "../fixtures/roebuck-process.ts";

const USER = "kestrel-user-7741";
const minted = mintApiKey();
const CHOICE = { acct: "partner", partner: "acme", sub: USER, choices: { behaviour: true }, wording: "2026-11" };

/** A collector that lets one key in. */
async function open(key: Partial<ApiKey> = {}, settings: Partial<Settings> = {}): Promise<TestCollector> {
  const kept: ApiKey = {
    id: minted.id,
    name: "CMS",
    roles: ["ingest"],
    partners: null,
    hash: minted.hash,
    createdMs: 0,
    expiresMs: NOW_MS + 1,
    ...key,
  };
  const logged: TestCollector["told"] = [];
  const say = (sentence: string, facts?: unknown) => void logged.push({ sentence, facts });
  const gate = openGate({
    keys: { keysLater: async () => new Map([[kept.id, kept]]) },
    clock: { nowMs: () => collector.nowMs },
    settings: { ratePerKey: 0, ratePerAddress: 0, ...settings },
    logger: { info: say, warn: say, error: say },
  });
  const collector = await startCollector({ parts: { gate } });
  return collector;
}

const tell = (
  collector: TestCollector,
  body: unknown = CHOICE,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${minted.key}` },
) =>
  fetch(`${collector.url}/v1/consents`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

describe("POST /v1/consents", () => {
  it("answers how many were taken once they are durable", async () => {
    await using collector = await open();
    const answer = await tell(collector, [CHOICE, { ...CHOICE, acct: "subscriber", partner: undefined }]);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ received: 2, changed: 2 });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(collector.decisions).toMatchObject([
      { kind: "consent", purpose: "behaviour", granted: true, wording: "2026-11", source: "api", ptn: "acme" },
      { kind: "consent", ptn: "" },
    ]);
    expect(await (await tell(collector)).json()).toEqual({ received: 1, changed: 0 });
    expect(collector.told[0]).toEqual({
      sentence: "consents were told",
      facts: { key: minted.id, received: 2, changed: 2 },
    });
    expect(JSON.stringify([collector.told, collector.warnings, collector.decisions])).not.toContain(USER);
    // Who told how many is noted, also where nothing changes.
    expect(collector.log.notes()).toMatchObject([
      { actor: minted.id, action: "consents.tell", subject: "", detail: { received: 2, changed: 2 }, atMs: NOW_MS },
      { actor: minted.id, action: "consents.tell", subject: "acme", detail: { received: 1, changed: 0 } },
    ]);
    expect(collector.log.text()).not.toContain(USER);
  });

  const good = { authorization: `Bearer ${minted.key}` };
  it.each<[string, Partial<ApiKey>, unknown, Record<string, string>, number, string]>([
    ["no key", {}, CHOICE, {}, 401, "key_missing"],
    ["another's key", {}, CHOICE, { authorization: `Bearer ${mintApiKey().key}` }, 401, "key_invalid"],
    ["a revoked key", { revokedMs: 1 }, CHOICE, good, 401, "key_invalid"],
    ["an expired key", { expiresMs: NOW_MS }, CHOICE, good, 401, "key_expired"],
    ["a role that may not", { roles: ["analyst", "officer", "operator"] }, CHOICE, good, 403, "role_forbidden"],
    ["another Partner's key", { partners: ["brook"] }, CHOICE, good, 403, "partner_forbidden"],
    ["a Partner that left", {}, { ...CHOICE, partner: "gone" }, good, 403, "partner_left"],
    ["a Partner not on file", {}, { ...CHOICE, partner: "nobody" }, good, 403, "partner_unknown"],
    ["no JSON", {}, `{"sub": "${USER}"`, good, 400, "body_invalid"],
    ["no body", {}, "", good, 400, "body_invalid"],
    ["another media type", {}, CHOICE, { ...good, "content-type": "text/csv" }, 415, "media_type"],
    ["a compressed body", {}, CHOICE, { ...good, "content-encoding": "gzip" }, 415, "media_type"],
    ["too large a body", {}, `"${USER.repeat(70_000)}"`, good, 413, "body_too_large"],
  ])("refuses %s, and takes nothing", async (_, key, body, headers, status, code) => {
    await using collector = await open(key);
    const answer = await tell(collector, body, headers);
    const text = await answer.text();
    expect([answer.status, JSON.parse(text).code]).toEqual([status, code]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("www-authenticate")).toBe(status === 401 ? 'Bearer realm="roebuck"' : null);
    expect(collector.decisions).toEqual([]);
    // Who was let in and asked for what is not theirs; the gate notes who was not let in.
    const isNoted = status === 403 && code !== "role_forbidden";
    expect(collector.log.notes()).toMatchObject(
      isNoted ? [{ actor: minted.id, subject: "", detail: { refused: code } }] : [],
    );
    expect(collector.log.text() + text + JSON.stringify([collector.told, collector.warnings])).not.toContain(USER);
  });

  it("lets the privacy officer tell choices, too, and a key of a Partner its own", async () => {
    await using privacy = await open({ roles: ["privacy"] });
    expect((await tell(privacy)).status).toBe(200);
    await using own = await open({ partners: ["acme"] });
    expect((await tell(own)).status).toBe(200);
  });

  it("names the field that is wrong and never its value", async () => {
    await using collector = await open();
    for (const [change, detail] of [
      [{ sub: 5 }, /^sub: /],
      [{ wording: `${USER} said so` }, /^wording: /],
      [{ choices: { behaviour: USER } }, /^choices\.behaviour: /],
      [{ at: USER }, /^at: /],
      [{ acct: USER }, /^acct: /],
    ] as const) {
      const problem = await (await tell(collector, [CHOICE, { ...CHOICE, ...change }])).json();
      expect(problem).toMatchObject({
        code: "body_invalid",
        detail: expect.stringMatching(detail.source.replace("^", "^1\\.")),
      });
      expect(JSON.stringify(problem)).not.toContain(USER);
    }
  });

  it("tells who sends too much to wait", async () => {
    await using collector = await open({}, { ratePerKey: 2 });
    await tell(collector);
    await tell(collector);
    const answer = await tell(collector);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it("answers 503 while the journal is away, and 200 when it is back", async () => {
    await using collector = await open();
    collector.log.failing = "unavailable";
    const answer = await tell(collector);
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: "log_unavailable" }]);
    expect(answer.headers.get("retry-after")).toBe("5");
    collector.log.failing = undefined;
    expect((await tell(collector)).status).toBe(200);
  });

  it("leaves a body in chunks as soon as it is too large", async () => {
    await using collector = await open();
    const socket = await openSocket(collector.port);
    const head = `POST /v1/consents HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nauthorization: Bearer ${minted.key}\r\nconnection: close\r\n\r\n`;
    socket.write(head);
    const chunk = "x".repeat(65_536);
    for (let turn = 0; turn < 20; turn += 1) socket.write(`10000\r\n${chunk}\r\n`);
    expect((await readToEnd(socket)).text).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("is not there for browsers, nor by another method, nor where nobody checks keys", async () => {
    await using collector = await open();
    const preflight = await fetch(`${collector.url}/v1/consents`, {
      method: "OPTIONS",
      headers: { origin: "https://intranet.example", "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(405);
    expect((await fetch(`${collector.url}/v1/consents`)).headers.get("allow")).toBe("POST");
    await using bare = await startCollector();
    expect((await tell(bare)).status).toBe(404);
  });

  it("answers no body with a failure of its own, whatever it is", async () => {
    await using collector = await open();
    const odd = fc.oneof(fc.jsonValue(), fc.string(), fc.constant(null), fc.integer());
    const field = fc.constantFrom("acct", "partner", "sub", "choices", "wording", "at", "more");
    const mutated = fc.tuple(field, odd).map(([name, value]) => ({ ...CHOICE, [name]: value }));
    const bodies = fc.oneof(odd, mutated, fc.array(mutated, { maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const { status } = await tell(collector, JSON.stringify(body));
        expect([200, 400, 403]).toContain(status);
      }),
      { numRuns: 1_000 },
    );
  }, 120_000);
});

describe("a consent that the site's server tells", { timeout: 180_000 }, () => {
  const roebuck = new Installation();
  afterAll(() => roebuck[Symbol.asyncDispose]());
  let token = "";
  let key = "";
  beforeAll(async () => {
    await roebuck.start();
    writeFileSync(join(roebuck.folder, "partners.csv"), "id,name,zone\nacme,Acme,UTC\n");
    await roebuck.ask("partners", "import", "partners.csv");
    const who = ["--sub", USER, "--acct", "partner", "--ptn", "acme"];
    token = (await roebuck.ask("token", "mint", "--site", "www", ...who)).trim();
    key = (await roebuck.ask("api-keys", "add", "--role", "ingest", "--name", "CMS")).trim();
  }, 120_000);

  const say = async (behaviour: boolean) => {
    const answer = await fetch(`${roebuck.url}/v1/consents`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ ...CHOICE, choices: { behaviour } }),
    });
    return { status: answer.status, body: await answer.json() };
  };
  const leave = async () => {
    const id = newEventId();
    const event = { id, type: "leave", at: Date.now(), url: "https://www.example.org/guide", engaged_ms: 1_000 };
    const sent = await roebuck.send({ v: 1, site: "www", token, sent_at: Date.now(), events: [event] });
    expect(sent.status).toBe(202);
    return id;
  };
  const ask = async (sql: string) => (await roebuck.ask("sql", sql, "--format", "TSV")).trim();
  /** What became of an event: asks until it is known. */
  const follow = async (id: string): Promise<string> => {
    for (let tries = 0; tries < 120; tries += 1) {
      const found = await ask(
        `SELECT 'kept' FROM behaviour WHERE event_id = '${id}' UNION ALL SELECT reason FROM drops WHERE event_id = '${id}'`,
      );
      if (found !== "") return found;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return "nothing";
  };

  it("lets behaviour be kept from then on, until the server tells of the withdrawal", async () => {
    expect(await follow(await leave())).toBe("no_consent");
    expect(await say(true)).toEqual({ status: 200, body: { received: 1, changed: 1 } });
    expect(await follow(await leave())).toBe("kept");
    expect(await say(false)).toEqual({ status: 200, body: { received: 1, changed: 1 } });
    // In force here when it was answered: no second is waited for.
    expect(await follow(await leave())).toBe("no_consent");
    expect(roebuck.logged).not.toContain(USER);
    const id = key.split("_")[1];
    expect(
      await ask(`SELECT subject, detail FROM audit WHERE actor = '${id}' AND action = 'consents.tell' ORDER BY at`),
    ).toBe(['acme\t{"received":1,"changed":1}', 'acme\t{"received":1,"changed":1}'].join("\n"));
  });

  it("is noted when the key's role may not tell it", async () => {
    const other = (await roebuck.ask("api-keys", "add", "--role", "analyst", "--name", "BI")).trim();
    const answer = await fetch(`${roebuck.url}/v1/consents`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${other}` },
      body: JSON.stringify(CHOICE),
    });
    expect(answer.status).toBe(403);
    const sql = `SELECT action, detail FROM audit WHERE actor = '${other.split("_")[1]}'`;
    await expect
      .poll(() => ask(sql), { timeout: 60_000, interval: 250 })
      .toBe('consents.tell\t{"refused":"role_forbidden"}');
  });

  it("is refused within a minute after its key was revoked, and the key stands in no file or log", async () => {
    const id = key.split("_")[1] ?? "";
    const [, , secret = ""] = /^rbk_([^_]+)_(.+)$/.exec(key) ?? [];
    await roebuck.ask("api-keys", "revoke", id);
    const revokedMs = performance.now();
    while ((await say(true)).status === 200 && performance.now() - revokedMs < 60_000) {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect((await say(true)).body).toMatchObject({ status: 401, code: "key_invalid" });
    const audit = await ask(
      `SELECT action, subject FROM audit WHERE action LIKE 'api_keys.%' AND subject = '${id}' ORDER BY action`,
    );
    expect(audit).toBe(`api_keys.add\t${id}\napi_keys.revoke\t${id}`);
    expect(roebuck.logged).not.toContain(secret);
    expect(await roebuck.ask("api-keys", "list", "--all")).toMatch(/revoked +ingest +everyone/);
  });

  it("is told how to ask for a key rightly", async () => {
    for (const [words, code, message] of [
      [["add", "--role", "king", "--name", "x"], 2, /--role "king" is not known: it must be one of ingest, analyst/],
      [["add", "--role", "ingest,king", "--name", "x"], 2, /--role "king" is not known/],
      [["add", "--role", "ingest", "--name", "x", "--days", "0"], 2, /whole number from 1 to 1825/],
      [["add", "--role", "ingest", "--name", "x", "--partner", "nobody"], 1, /Partner "nobody"/],
      [["add", "--role", "ingest", "--name", " "], 1, /1 to 60 characters/],
      [["revoke", "nobodys"], 1, /there is none of that id/],
    ] as const) {
      const answer = await roebuck.run("api-keys", ...words);
      expect([answer.code, answer.err]).toEqual([code, expect.stringMatching(message)]);
    }
    const two = ["--role", "ingest", "--role", "privacy", "--partner", "acme", "--days", "7", "--name", "both"];
    expect(await roebuck.ask("api-keys", "add", ...two)).toMatch(/^rbk_\w+_\S{43}\n$/);
    expect(await roebuck.ask("api-keys", "list")).toMatch(/good +ingest, privacy +acme/);
  });
});
