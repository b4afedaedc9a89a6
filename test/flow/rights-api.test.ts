import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addApiKey } from "../../api/access/api-keys.ts";
import { API_ROUTES, createApi, listenForCalls } from "../../api/app.ts";
import { setHold } from "../../api/clocks/holds.ts";
import type { ApiService } from "../../api/routes/route.ts";
import type { CollectorServer } from "../../ingest/server.ts";
import { closeMonth } from "../../reporting/close.ts";
import type { Month } from "../../schemas/ids.ts";
import { WarehouseUnavailable } from "../../schemas/ports.ts";
import type { Role } from "../../schemas/roles.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

const USER = "kestrel-user-7741";
let house: RightsHouse;
let server: CollectorServer;
let keys: Record<"privacy" | "acme" | "brook" | "ingest", string>;

beforeAll(async () => {
  house = await openRightsHouse({ ROEBUCK_API_PORT: "0", ROEBUCK_RATE_PER_KEY: "0", ROEBUCK_RATE_PER_ADDRESS: "0" });
  const add = async (role: Role, ...partners: string[]) =>
    (await addApiKey(house.service, { name: role, roles: [role], partners, days: 30 }, "wren")).key;
  keys = {
    privacy: await add("privacy"),
    acme: await add("privacy", "acme"),
    brook: await add("privacy", "brook"),
    ingest: await add("ingest"),
  };
  server = await listenForCalls(house.service);
  await house.send({ sub: USER, at: "2026-11-20T11:00:00Z" }, { sub: "robin", at: "2026-11-20T11:00:00Z" });
  await house.settle();
  await house.hurry();
  await closeMonth(house.service, "2026-11" as Month); // as it is written
}, 120_000);
afterAll(async () => {
  await server.close();
  await house[Symbol.asyncDispose]();
});

async function call(
  method: string,
  path: string,
  body?: unknown,
  key = keys.privacy,
  headers: Record<string, string> = {},
) {
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers: { "content-type": "application/json", authorization: `Bearer ${key}`, ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.includes("json") === true;
  return { status: answer.status, text, json: isJson ? JSON.parse(text) : undefined, headers: answer.headers };
}
const people = { partner: "acme", subs: [USER] };
const toUrl = (path: string) =>
  path
    .replace(":id", "R-2026-222222")
    .replace(":partner", "acme")
    .replace(":scope", "rights")
    .replace(":view", "engagement_v1")
    .replace(":month", "2026-11");

describe("the rights API", { timeout: 120_000 }, () => {
  it("listens on loopback unless told otherwise, apart from the collector", () => {
    expect(house.service.settings.apiHost).toBe("127.0.0.1");
    expect(house.service.settings.apiPort).not.toBe(house.service.settings.port);
  });

  it.each(API_ROUTES.map(({ method, path }) => [method, path]))(
    "refuses %s %s without a key or with another role",
    async (method, path) => {
      const url = toUrl(path);
      const bare = await fetch(`http://127.0.0.1:${server.port}${url}`, { method });
      expect([bare.status, (await bare.json()) as object]).toMatchObject([401, { code: "key_missing" }]);
      expect(bare.headers.get("cache-control")).toBe("no-store");
      expect((await call(method, url, undefined, keys.ingest)).json).toMatchObject({
        status: 403,
        code: "role_forbidden",
      });
    },
  );

  it("notes role refusals in the audit trail under the key's id", async () => {
    const id = keys.ingest.split("_")[1];
    const rows = await house.rows<{ action: string }>(`SELECT DISTINCT action FROM audit WHERE actor = '${id}'`);
    expect(rows.map(({ action }) => action).sort()).toEqual(
      [...new Set(API_ROUTES.map(({ action }) => action))].sort(),
    );
  });

  it("looks up and exports what is held, in the key's name", async () => {
    const found = await call("POST", "/v1/subjects/lookup", people);
    expect(found.status).toBe(200);
    expect(found.json.people[0].tables).toMatchObject([{ table: "engagement", rows: 1 }]);
    const json = await call("POST", "/v1/subjects/export", { partner: "acme", sub: USER });
    expect(json.json.engagement).toHaveLength(1);
    const csv = await call("POST", "/v1/subjects/export", { partner: "acme", sub: USER }, keys.acme, {
      accept: "text/csv",
    });
    expect(csv.headers.get("content-type")).toContain("text/csv");
    expect(csv.text).toContain("Use of the website");
    expect(csv.headers.get("cache-control")).toBe("no-store");
    const [, id] = keys.privacy.split("_");
    const rows = await house.rows<{ action: string }>(
      `SELECT action FROM audit WHERE actor = '${id}' AND action LIKE 'subject.%'`,
    );
    expect(rows.map(({ action }) => action).sort()).toEqual(["subject.export", "subject.lookup"]);
  });

  it("notes what was looked at, with the key's id and what is on file, and tells nothing that cannot be noted", async () => {
    const [, id] = keys.privacy.split("_");
    const looked = async () =>
      house.rows<{ action: string; subject: string }>(
        `SELECT action, subject FROM audit WHERE actor = '${id}' AND action LIKE '%.read' AND detail = '{}' ORDER BY action, subject`,
      );
    const before = (await looked()).length;
    const { json: opened } = await call("POST", "/v1/requests", { partner: "acme", kind: "access" });
    for (const path of ["/v1/requests", `/v1/requests/${opened.id}`, "/v1/partners/acme/instructions", "/v1/holds"])
      expect((await call("GET", path)).status).toBe(200);
    expect((await call("GET", "/v1/partners/acme/instructions/rights")).status).toBe(200);
    for (const path of ["/v1/requests/R-2026-222222", "/v1/partners/brook/instructions/rights"])
      expect((await call("GET", path)).status).toBe(404);
    expect((await looked()).slice(before)).toEqual([
      { action: "hold.read", subject: "" },
      { action: "instruction.read", subject: "acme" },
      { action: "instruction.read", subject: "acme" },
      { action: "requests.read", subject: "" },
      { action: "requests.read", subject: opened.id },
    ]);
    const insertRows = async () => {
      throw new WarehouseUnavailable("away");
    };
    const caller = { id: "somekey", isLimited: false, reaches: () => true, may: () => true };
    const { warehouse, logger } = house.service;
    const api = createApi(
      { ...house.service, logger, warehouse: { ...warehouse, rows: warehouse.rows.bind(warehouse), insertRows } },
      async () => caller,
    );
    for (const { path } of API_ROUTES.filter(({ method }) => method === "GET")) {
      const query = ["/v1/completeness", "/v1/views/:view"].includes(path) ? "?month=2026-11" : "";
      const answer = await api.request(toUrl(path.replace(":id", opened.id)) + query);
      expect([path, answer.status]).toEqual([path, 503]);
      expect(await answer.text()).not.toContain("letter 7");
    }
  });

  it("keeps a Partner's key to its own people, requests, instructions and holds", async () => {
    const opened = await call("POST", "/v1/requests", { partner: "acme", kind: "access" });
    expect(opened.status).toBe(201);
    const { id } = opened.json;
    for (const [method, path, body, code] of [
      ["POST", "/v1/subjects/lookup", people, "partner_forbidden"],
      ["POST", "/v1/subjects/erase", people, "partner_forbidden"],
      ["POST", "/v1/subjects/lookup", { acct: "subscriber", subs: [USER] }, "partner_forbidden"],
      ["POST", "/v1/subjects/lookup", { partner: "brook", subs: [USER], request: id }, "request_unknown"],
      ["GET", `/v1/requests/${id}`, undefined, "request_unknown"],
      ["POST", `/v1/requests/${id}/acknowledge`, {}, "request_unknown"],
      ["PUT", "/v1/partners/acme/instructions/rights", { reference: "x" }, "partner_forbidden"],
      ["POST", "/v1/holds", { reference: "x" }, "partner_forbidden"],
      ["POST", "/v1/holds", { reference: "x", partner: "acme" }, "partner_forbidden"],
    ] as const) {
      expect((await call(method, path, body, keys.brook)).json).toMatchObject({ code });
    }
    expect((await call("GET", "/v1/requests?all=true", undefined, keys.brook)).json.requests).toEqual([]);
    const move = { ...people, move_to: "brook" };
    expect((await call("POST", "/v1/subjects/rectify", move, keys.acme)).json).toMatchObject({
      code: "partner_forbidden",
    });
    const other = await setHold(house.service, { reference: "order 9" }, "wren");
    expect((await call("GET", "/v1/holds", undefined, keys.brook)).json.holds).toEqual([]);
    expect((await call("DELETE", `/v1/holds/${other.id}`, undefined, keys.brook)).json).toMatchObject({
      code: "hold_unknown",
    });
    expect((await call("DELETE", `/v1/holds/${other.id}`)).status).toBe(200);
  });

  it("refuses with a code what may not be done as things are", async () => {
    expect((await call("POST", "/v1/subjects/lookup", { partner: "brook", subs: [USER] })).json).toMatchObject({
      status: 403,
      code: "no_instruction",
    });
    expect((await call("POST", "/v1/subjects/lookup", { partner: "nobody", subs: [USER] })).json).toMatchObject({
      status: 403,
      code: "partner_unknown",
    });
    const hold = await call("POST", "/v1/holds", { partner: "acme", reference: "order 7" });
    expect(hold.status).toBe(201);
    expect((await call("POST", "/v1/subjects/erase", people)).json).toMatchObject({ status: 409, code: "legal_hold" });
    expect((await call("DELETE", `/v1/holds/${hold.json.id}`)).status).toBe(200);
    const agreed = {
      purpose: "feedback",
      granted: true,
      atMs: house.clock.nowMs(),
      wording: "v1",
      source: "api",
    } as const;
    await house.service.decide([{ kind: "consent", ref: house.toRef("agreed"), ptn: "acme", ...agreed }]);
    const removal = { partner: "acme", subs: ["agreed"], purpose: "feedback" };
    expect((await call("POST", "/v1/subjects/erase", removal)).json).toMatchObject({
      status: 409,
      code: "consent_in_force",
    });
    expect((await call("POST", "/v1/subjects/erase", { ...removal, withdraw: true })).json).toMatchObject({
      consent: "feedback",
      withdrawn: true,
    });
    for (const wrong of [
      { ...people, withdraw: true },
      { ...people, purpose: "engagement" },
    ])
      expect((await call("POST", "/v1/subjects/erase", wrong)).json).toMatchObject({ code: "body_invalid" });
    expect((await call("DELETE", `/v1/partners/acme/instructions/named_people`)).json).toMatchObject({
      status: 409,
      code: "not_possible",
    });
    expect((await call("POST", "/v1/subjects/rectify", { ...people, move_to: "acme" })).json).toMatchObject({
      code: "not_possible",
    });
    const subscriber = await call("POST", "/v1/requests", { acct: "subscriber", kind: "access" });
    expect((await call("POST", "/v1/subjects/lookup", { ...people, request: subscriber.json.id })).json).toMatchObject({
      code: "request_other_partner",
    });
    expect((await call("GET", "/v1/subjects/erase")).headers.get("allow")).toBe("POST");
    expect((await call("GET", "/v1/nothing")).json).toMatchObject({ code: "not_found" });
  });

  it("takes a request through its clock, and an instruction on and off file", async () => {
    const { json } = await call("POST", "/v1/requests", {
      partner: "acme",
      kind: "access",
      verbal: true,
      received: "2026-11-19",
    });
    for (const [step, body, state] of [
      ["stop", { reason: "who" }, "stopped"],
      ["resume", {}, "open"],
      ["extend", { reason: "complex" }, "open"],
      ["acknowledge", undefined, "open"],
      ["close", { state: "refused", reason: "unfounded" }, "refused"],
    ] as const) {
      expect((await call("POST", `/v1/requests/${json.id}/${step}`, body)).json).toMatchObject({ state });
    }
    expect((await call("POST", `/v1/requests/${json.id}/resume`, {})).json).toMatchObject({
      status: 409,
      code: "request_closed",
    });
    const path = "/v1/partners/brook/instructions/rights";
    expect((await call("GET", path)).status).toBe(404);
    expect((await call("PUT", path, { reference: "letter 8" })).status).toBe(200);
    expect((await call("GET", path)).json).toMatchObject({ scope: "rights", reference: "letter 8" });
    expect((await call("DELETE", path)).status).toBe(200);
  });

  it("names the field of a body that is wrong, never its value, and refuses one that is too large", async () => {
    for (const [path, body, detail] of [
      ["/v1/subjects/lookup", { subs: [USER] }, "partner: "],
      ["/v1/subjects/lookup", { partner: "acme", subs: [] }, "subs: "],
      ["/v1/subjects/lookup", { ...people, [USER]: 1 }, "has a field that is not known"],
      ["/v1/subjects/lookup", { ...people, request: USER }, "request: "],
      ["/v1/subjects/object", { ...people, purpose: USER }, "purpose: "],
      ["/v1/subjects/rectify", people, "dept, move_to or resource"],
      ["/v1/requests", { partner: "acme", kind: "access", received: "2099-01-01" }, "received: "],
      ["/v1/requests", { partner: "acme", kind: "access", received: "1999-01-01" }, "received: "],
      ["/v1/holds", { reference: " " }, "reference: "],
    ] as const) {
      const { status, json, text } = await call("POST", path, body);
      expect([status, json.code]).toEqual([400, "body_invalid"]);
      expect(json.detail).toContain(detail);
      expect(text).not.toContain(USER);
    }
    expect((await call("POST", "/v1/subjects/erase", `"${"x".repeat(1_100_000)}"`)).status).toBe(413);
    expect(
      (await call("POST", "/v1/subjects/erase", people, keys.privacy, { "content-type": "text/csv" })).status,
    ).toBe(415);
  });

  it("leaves no user id in the audit trail, wherever a caller put it", async () => {
    for (const path of [`/v1/requests/${USER}`, `/v1/partners/${USER}/instructions`]) await call("GET", path);
    await call("DELETE", `/v1/holds/${USER}`);
    await call("POST", "/v1/subjects/lookup", { partner: USER, subs: ["x"] });
    const [row] = await house.rows<{ c: string }>(
      `SELECT count() AS c FROM audit WHERE concat(actor, action, subject, detail) LIKE '%${USER}%'`,
    );
    expect(Number(row?.c)).toBe(0);
  });

  it("restricts, lifts, notes an objection and corrects", async () => {
    for (const [name, body] of [
      ["restrict", people],
      ["unrestrict", people],
      ["object", { ...people, purpose: "behaviour" }],
      ["rectify", { ...people, dept: "Science" }],
    ] as const) {
      const { status, json } = await call("POST", `/v1/subjects/${name}`, body);
      expect([status, json.people]).toEqual([200, 1]);
    }
  });

  it("says come again while the store is away, and that nobody can be found without the Partner's salt; logs no user id", async () => {
    const logged: unknown[] = [];
    const say = (...words: unknown[]) => void logged.push(words);
    const logger = { info: say, warn: say, error: say };
    const caller = { id: "somekey", isLimited: false, reaches: () => true, may: () => true };
    const ask = async (changes: Partial<ApiService>) => {
      const api = createApi({ ...house.service, logger, ...changes }, async () => caller);
      const body = JSON.stringify(people);
      const headers = { "content-type": "application/json", "content-length": String(body.length) };
      return (await api.request("/v1/subjects/lookup", { method: "POST", body, headers })).json();
    };
    const { warehouse, keyFiles } = house.service;
    const away = async () => {
      throw new WarehouseUnavailable(`away while it looked for ${USER}`);
    };
    expect(await ask({ warehouse: { ...warehouse, rows: away, insertRows: away } })).toMatchObject({
      status: 503,
      code: "store_unavailable",
    });
    const pseudonymKeys = () => ({ ...keyFiles.pseudonymKeys(), salts: new Map() });
    expect(await ask({ keyFiles: { ...keyFiles, pseudonymKeys } })).toMatchObject({
      status: 409,
      code: "salt_missing",
    });
    expect(logged.length).toBeGreaterThan(0);
    expect(JSON.stringify(logged)).not.toContain(USER);
  });

  it("finishes an erasure whose caller went away", async () => {
    const { json } = await call("POST", "/v1/requests", { partner: "acme", kind: "erasure" });
    const gone = new AbortController();
    house.onStep = () => {};
    const sent = fetch(`http://127.0.0.1:${server.port}/v1/subjects/erase`, {
      method: "POST",
      signal: gone.signal,
      headers: { "content-type": "application/json", authorization: `Bearer ${keys.privacy}` },
      body: JSON.stringify({ ...people, request: json.id }),
    }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 60));
    gone.abort();
    await sent;
    await expect
      .poll(async () => (await call("GET", `/v1/requests/${json.id}`)).json.state, { timeout: 90_000, interval: 250 })
      .toBe("done");
    const { json: left } = await call("POST", "/v1/subjects/lookup", people);
    expect(left.people[0].tables).toEqual([]);
    expect(
      (await call("POST", "/v1/subjects/lookup", { partner: "acme", subs: ["robin"] })).json.people[0].tables,
    ).toHaveLength(1);
  });

  it("answers no body with a failure of its own, whatever it is", async () => {
    const posts = API_ROUTES.filter(({ method }) => method !== "GET").map(({ method, path }) => ({
      method,
      path: toUrl(path),
    }));
    const odd = fc.oneof(fc.jsonValue(), fc.string());
    const field = fc.constantFrom("acct", "partner", "subs", "sub", "request", "reason", "reference", "kind", "more");
    const bodies = fc.oneof(
      odd,
      fc.tuple(field, odd).map(([name, value]) => ({ partner: "nobody", subs: ["x"], [name]: value })),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...posts), bodies, async ({ method, path }, body) => {
        const { status } = await call(method, path.replace("/acme/", "/nobody/"), JSON.stringify(body));
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 2_000 },
    );
  });
});
