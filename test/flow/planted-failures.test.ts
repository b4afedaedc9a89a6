import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { addApiKey, openApiKeyReader } from "../../api/access/api-keys.ts";
import { openGate } from "../../api/access/gate.ts";
import { API_ROUTES, createApi, listenForCalls } from "../../api/app.ts";
import { AUDIT_NOTES, runAudited } from "../../api/audited.ts";
import { parseArguments } from "../../api/command.ts";
import type { CommandIo } from "../../api/command-io.ts";
import { COMMANDS } from "../../api/commands.ts";
import type { Service } from "../../api/service.ts";
import type { CollectorServer } from "../../ingest/server.ts";
import { ERROR_CODES } from "../../schemas/errors.ts";
import { LogUnavailable, WarehouseRefused, WarehouseUnavailable } from "../../schemas/ports.ts";
import { findFiles, makeColumnsPlain } from "../fixtures/disk.ts";
import { type HouseCollector, ORIGIN, openHouseCollector } from "../fixtures/house-collector.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

/** Who the person is: given where a person is named, and in every field of everything that fails. */
const USER = "kestrel-user-7741";
const MAIL = "wren.kestrel@planted.example";
const PHONE = "020 7946 0958";
const ADDRESS = "203.0.113.77";
const SECRET = "kestrelsecret7741";
const MARKS = [USER, MAIL, "planted.example", PHONE, "7946 0958", ADDRESS, SECRET];
const ALL = `${USER} ${MAIL} ${PHONE} ${ADDRESS} ${SECRET}`;
/** What an operator typed in place of an id: their own terminal may say it back, and nothing else may know of it. */
const TYPED = "typed-kestrel-4471";

let house: RightsHouse;
let collector: HouseCollector;
let api: CollectorServer;
let folder: string;
let keys: Record<"privacy" | "ingest", string>;
/** Everything that was answered to a caller or printed for an operator, and what this process printed. */
const answered: string[] = [];
const printed: string[] = [];
const codes = new Set<string>();

beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    vi.spyOn(stream, "write").mockImplementation((chunk: string | Uint8Array) => {
      printed.push(Buffer.from(chunk as string).toString()); // Buffer takes both
      return write(chunk);
    });
  }
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation(
      (...words: unknown[]) => void printed.push(words.map(String).join(" ")),
    );
  }
  house = await openRightsHouse({
    ROEBUCK_API_PORT: "0",
    ROEBUCK_RATE_PER_KEY: "0",
    ROEBUCK_RATE_PER_ADDRESS: "0",
    ROEBUCK_TRUSTED_PROXIES: "127.0.0.1",
  });
  await makeColumnsPlain(house.service.warehouse);
  folder = mkdtempSync(join(tmpdir(), "roebuck-planted-"));
  const { service } = house;
  const add = async (role: "privacy" | "ingest") =>
    (await addApiKey(service, { name: role, roles: [role], partners: [], days: 30 }, "wren")).key;
  keys = { privacy: await add("privacy"), ingest: await add("ingest") };
  const gate = openGate({ ...service, keys: openApiKeyReader(service.keyFiles.store) });
  collector = await openHouseCollector(house, { gate });
  api = await listenForCalls(service);
  await service.decide([
    {
      kind: "partner",
      atMs: house.clock.nowMs(),
      partner: { id: "gone", zone: "UTC", joinedMs: 0 as never, leftMs: 1 as never }, // instants of long ago
    },
  ]);
  // Something is held about the person, so that a failure has something to say.
  await collector.send({ sub: USER, consent: { behaviour: true, feedback: true } }, [
    collector.toEvent("page_view"),
    collector.toEvent("leave"),
    collector.toEvent("feedback", { comment: `Write to ${MAIL} or call ${PHONE} at ${ADDRESS}` }),
  ]);
  await house.settle();
}, 120_000);
afterAll(async () => {
  vi.restoreAllMocks();
  await collector[Symbol.asyncDispose]();
  await api.close();
  await house[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Everything that may know of a mark, but nobody should: what is found of each. */
async function findMarked(marks: readonly string[]): Promise<readonly string[]> {
  await house.settle();
  const tables = await house.rows<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const text = JSON.stringify(await house.rows(`SELECT * FROM ${name}`));
    for (const mark of marks) if (text.includes(mark)) found.push(`${mark} in table ${name}`);
  }
  for (const mark of marks) {
    found.push(...findFiles(house.dataDir, mark).map((file) => `${mark} in ${file}`));
    found.push(...house.logged.filter((line) => line.includes(mark)).map((line) => `${mark} logged: ${line}`));
    found.push(...printed.filter((text) => text.includes(mark)).map((text) => `${mark} printed: ${text}`));
  }
  return found;
}

const HEADERS = {
  "x-forwarded-for": ADDRESS,
  "user-agent": `Mozilla/5.0 Chrome/141.0.0.0 ${SECRET}`,
  cookie: `session=${USER}`,
  referer: `https://www.example.org/?mail=${MAIL}`,
};

describe("what the collector refuses", () => {
  const marked = () =>
    collector.toEvent("feedback", { comment: ALL, url: `${ORIGIN}/${USER}?mail=${MAIL}`, title: ALL });
  const beacon = async (changes: object = {}) => ({
    v: 1,
    site: "www",
    token: await collector.toToken({ sub: USER, dept: MAIL }),
    sent_at: house.clock.nowMs(),
    events: [marked()],
    ...changes,
  });
  const send = async (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await collector.post(path, body, { ...HEADERS, ...headers });
    answered.push(answer.text);
    codes.add(answer.code);
    return answer.code;
  };
  const withKey = () => ({ authorization: `Bearer ${keys.ingest}` });
  const choice = { acct: "partner", partner: "acme", sub: USER, choices: { behaviour: true }, wording: "1" };
  const attendance = () => ({
    at: new Date(house.clock.nowMs()).toISOString(),
    user: { sub: USER, acct: "partner", ptn: "acme", dept: MAIL },
    event: { id: "w-1", title: ALL, kind: "webinar" },
    minutes: 30,
  });

  it.each<[string, () => Promise<string>, string]>([
    ["no JSON", async () => send("/v1/beacons", `{"token": "${ALL}"`), "body_invalid"],
    ["another version", async () => send("/v1/beacons", await beacon({ v: MAIL })), "body_invalid"],
    [
      "an event that is none",
      async () => send("/v1/beacons", await beacon({ events: [{ id: USER, type: MAIL, [SECRET]: ALL }] })),
      "event_invalid",
    ],
    [
      "a comment that is too long",
      async () => send("/v1/beacons", await beacon({ events: [{ ...marked(), comment: ALL.repeat(100) }] })),
      "event_invalid",
    ],
    ["a token that is none", async () => send("/v1/beacons", await beacon({ token: ALL })), "token_invalid"],
    [
      "a forged token",
      async () => send("/v1/beacons", await beacon({ token: `${await collector.toToken({ sub: USER })}${SECRET}` })),
      "token_invalid",
    ],
    [
      "claims that are wrong",
      async () => send("/v1/beacons", await beacon({ token: await collector.toToken({ sub: USER }, { acct: MAIL }) })),
      "token_invalid",
    ],
    [
      "an expired token",
      async () =>
        send("/v1/beacons", await beacon({ token: await collector.toToken({ sub: USER }, { iat: 1, exp: 2 }) })),
      "token_expired",
    ],
    ["another site", async () => send("/v1/beacons", await beacon({ site: USER })), "site_unknown"],
    [
      "another origin",
      async () => send("/v1/beacons", await beacon(), { origin: `https://${SECRET}.example` }),
      "origin_forbidden",
    ],
    [
      "a Partner that left",
      async () => send("/v1/beacons", await beacon({ token: await collector.toToken({ sub: USER, partner: "gone" }) })),
      "partner_left",
    ],
    [
      "a Partner not on file",
      async () => send("/v1/beacons", await beacon({ token: await collector.toToken({ sub: USER, partner: MAIL }) })),
      "partner_unknown",
    ],
    [
      "a media type",
      async () => send("/v1/beacons", await beacon(), { "content-type": `text/${SECRET}` }),
      "media_type",
    ],
    ["too large a body", async () => send("/v1/beacons", `"${ALL.repeat(2_000)}"`), "body_too_large"],
    ["an address", async () => send(`/v1/${USER}?mail=${MAIL}`, ALL), "not_found"],
    [
      "a method",
      async () => {
        const answer = await fetch(`${collector.url}/v1/consents?sub=${USER}`, { headers: HEADERS });
        answered.push(await answer.clone().text());
        codes.add("method_not_allowed");
        return ((await answer.json()) as { code: string }).code; // a problem
      },
      "method_not_allowed",
    ],
    ["consents without a key", async () => send("/v1/consents", choice), "key_missing"],
    [
      "consents with a key that is none",
      async () => send("/v1/consents", choice, { authorization: `Bearer ${SECRET}` }),
      "key_invalid",
    ],
    [
      "consents with the wrong role",
      async () => send("/v1/attendance", {}, { authorization: `Bearer ${keys.privacy}` }),
      "role_forbidden",
    ],
    ["consents that are no JSON", async () => send("/v1/consents", `{"sub": "${ALL}`, withKey()), "body_invalid"],
    [
      "consents to something else",
      async () => send("/v1/consents", { ...choice, choices: { [USER]: ALL } }, withKey()),
      "body_invalid",
    ],
    [
      "wordings that are free text",
      async () => send("/v1/consents", { ...choice, wording: ALL }, withKey()),
      "body_invalid",
    ],
    [
      "consents of nobody's people",
      async () => send("/v1/consents", { ...choice, partner: MAIL }, withKey()),
      "partner_unknown",
    ],
    [
      "consents of a Partner that left",
      async () => send("/v1/consents", { ...choice, partner: "gone" }, withKey()),
      "partner_left",
    ],
    [
      "attendances that are no list",
      async () => send("/v1/attendance", { v: 1, attendances: ALL }, withKey()),
      "body_invalid",
    ],
    [
      "an attendance that is none",
      async () =>
        send("/v1/attendance", { v: 1, attendances: [{ ...attendance(), at: ALL, minutes: USER }] }, withKey()),
      "event_invalid",
    ],
    [
      "an attendance of nobody's people",
      async () =>
        send(
          "/v1/attendance",
          { v: 1, attendances: [{ ...attendance(), user: { sub: USER, acct: "partner", ptn: MAIL } }] },
          withKey(),
        ),
      "partner_unknown",
    ],
  ])("as %s says no value back", async (_, attempt, code) => {
    const before = answered.length;
    expect(await attempt()).toBe(code);
    for (const text of answered.slice(before)) for (const mark of MARKS) expect(text).not.toContain(mark);
  });

  it.each<[string, Partial<Service>, string]>([
    [
      "the log is away",
      {
        log: failing(
          () => house.service.log,
          () => new LogUnavailable(`away for ${ALL}`),
        ),
      },
      "log_unavailable",
    ],
    [
      "something breaks",
      {
        log: failing(
          () => house.service.log,
          () => new TypeError(`broken by ${ALL}`),
        ),
      },
      "internal",
    ],
  ])("because %s says no value back", async (_, changes, code) => {
    const decide = () =>
      Promise.reject(code === "internal" ? new TypeError(`broken by ${ALL}`) : new LogUnavailable(ALL));
    const service = Object.defineProperties(
      { ...house.service },
      Object.getOwnPropertyDescriptors({ ...changes, decide }),
    );
    const gate = openGate({ ...house.service, keys: openApiKeyReader(house.service.keyFiles.store) });
    await using broken = await openHouseCollector({ ...house, service }, { gate });
    for (const [path, body, headers] of [
      ["/v1/beacons", await beacon(), {}],
      ["/v1/beacons", await beacon({ token: undefined, events: [{ ...marked(), type: "page_view" }] }), {}],
      [
        "/v1/beacons",
        await beacon({ events: [collector.toEvent("consent", { choices: { behaviour: false }, wording: "1" })] }),
        {},
      ],
      ["/v1/consents", { ...choice, choices: { feedback: true } }, withKey()],
      ["/v1/attendance", { v: 1, attendances: [attendance()] }, withKey()],
    ] as const) {
      const answer = await broken.post(path, body, { ...HEADERS, ...headers });
      codes.add(answer.code);
      expect([path, answer.code]).toEqual([path, code]);
      for (const mark of MARKS) expect(answer.text).not.toContain(mark);
    }
  });

  it("for coming too often says no value back", async () => {
    const service = { ...house.service, settings: { ...house.service.settings, ratePerKey: 1 } };
    const gate = openGate({ ...service, keys: openApiKeyReader(service.keyFiles.store) });
    await using busy = await openHouseCollector(house, { gate });
    await busy.post("/v1/consents", choice, withKey());
    const answer = await busy.post("/v1/consents", choice, { ...HEADERS, ...withKey() });
    codes.add(answer.code);
    expect(answer.code).toBe("rate_limited");
    for (const mark of MARKS) expect(answer.text).not.toContain(mark);
  });
});

/** A log or warehouse whose every call fails. */
function failing<T extends object>(real: () => T, toError: () => Error): T {
  return new Proxy({} as T, {
    // stands for the real one, which is not there yet
    get: (_, name) =>
      typeof Reflect.get(real(), name) === "function" ? () => Promise.reject(toError()) : Reflect.get(real(), name),
  });
}

describe("calls of the rights API that fail", () => {
  const people = () => ({ partner: "acme", subs: [USER, MAIL, PHONE] });
  const call = async (method: string, path: string, body: unknown, key = keys.privacy) => {
    const answer = await fetch(`http://127.0.0.1:${api.port}${path}`, {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${key}`, ...HEADERS },
      ...(method === "GET" ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const code = /"code":"(\w+)"/.exec(text)?.[1] ?? "";
    if (answer.status >= 400) codes.add(code);
    for (const mark of [...MARKS, TYPED]) expect([path, text]).not.toEqual([path, expect.stringContaining(mark)]);
    return answer.status;
  };

  it.each(API_ROUTES.map(({ method, path }) => [method, path] as const))(
    "%s %s says no value back, whatever is wrong",
    async (method, route) => {
      const path = route.replace(/:\w+/g, encodeURIComponent(USER));
      const known = route.replace(":id", "R-2026-222222").replace(":partner", "acme").replace(":scope", "rights");
      for (const [url, body, key] of [
        [path, {}, keys.privacy],
        [`${path}?who=${USER}&format=${MAIL}`, {}, keys.privacy],
        [known, `{"partner": "${ALL}`, keys.privacy],
        [known, `[${JSON.stringify(ALL)}]`, keys.privacy],
        [known, { [USER]: ALL }, keys.privacy],
        [known, { ...people(), partner: TYPED }, keys.privacy],
        [known, { ...people(), partner: MAIL, request: USER, kind: MAIL, reference: "", purpose: MAIL }, keys.privacy],
        [known, { ...people(), partner: "brook", purpose: "behaviour", dept: "x", sub: USER }, keys.privacy],
        [known, { ...people(), request: "R-2026-222222" }, keys.privacy],
        [known, { partner: "brook", subs: [USER] }, keys.privacy],
        [known, people(), keys.ingest],
        [known, people(), SECRET],
      ] as const) {
        // Only what must fail: nobody is erased here, and a Partner's instruction stays.
        if (method === "DELETE" && url === known && key === keys.privacy) continue;
        if (route === "/v1/requests" && method === "GET" && url !== known) continue;
        await call(method, url, body, key);
      }
    },
  );

  it.each<[string, () => Error, number]>([
    ["the warehouse is away", () => new WarehouseUnavailable(`away for ${ALL}`), 503],
    ["the warehouse refuses", () => new WarehouseRefused(`bad literal ${ALL}`, 62), 500],
    ["something breaks", () => new TypeError(`broken by ${ALL}`), 500],
  ])("because %s say no value back", async (_, toError, status) => {
    const broken = createApi(
      { ...house.service, warehouse: failing(() => house.service.warehouse, toError) },
      async () => ({ id: "somekey", isLimited: false, reaches: () => true, may: () => true }),
    );
    for (const { method, path } of API_ROUTES.filter((route) => route.path.startsWith("/v1/subjects/"))) {
      const body = JSON.stringify({
        ...people(),
        ...(path.endsWith("export") ? { subs: undefined, sub: USER } : {}),
        ...(path.endsWith("object") ? { purpose: "behaviour" } : {}),
        ...(path.endsWith("rectify") ? { dept: MAIL } : {}),
      });
      const answer = await broken.request(path, {
        method,
        body,
        headers: { "content-type": "application/json", "content-length": String(body.length) },
      });
      const text = await answer.text();
      expect([path, answer.status]).toEqual([path, status]);
      codes.add(/"code":"(\w+)"/.exec(text)?.[1] ?? "");
      for (const mark of MARKS) expect(text).not.toContain(mark);
    }
  });

  it.each([
    ["a parameter that is none", "GET", `/v1/records?month=${encodeURIComponent(ALL)}`, "query_invalid"],
    ["a record that is not there", "GET", `/v1/records/${encodeURIComponent(USER)}/2026-10`, "record_unknown"],
    ["a month that cannot be closed", "POST", "/v1/months/2099-01/close", "close_refused"],
  ])("because of %s say no value back", async (_, method, path, code) => {
    const open = createApi(house.service, async () => ({
      id: "somekey",
      isLimited: false,
      reaches: () => true,
      may: () => true,
    }));
    const answer = await open.request(path, { method, headers: { "content-length": "0" } });
    const text = await answer.text();
    expect(text).toContain(`"code":"${code}"`);
    codes.add(code);
    for (const mark of MARKS) expect(text).not.toContain(mark);
  });

  it("because of a consent that is in force name nobody", async () => {
    const sub = `${USER}-agreed`;
    const consent = { kind: "consent", purpose: "feedback", granted: true, wording: "v1", source: "api" } as const;
    await house.service.decide([{ ...consent, ref: house.toRef(sub), ptn: "acme", atMs: house.clock.nowMs() }]);
    const open = createApi(house.service, async () => ({
      id: "somekey",
      isLimited: false,
      reaches: () => true,
      may: () => true,
    }));
    const body = JSON.stringify({ partner: "acme", subs: [sub], purpose: "feedback" });
    const headers = { "content-type": "application/json", "content-length": String(body.length) };
    const answer = await open.request("/v1/subjects/erase", { method: "POST", body, headers });
    const text = await answer.text();
    expect(text).toContain('"code":"consent_in_force"');
    codes.add("consent_in_force");
    for (const mark of MARKS) expect(text).not.toContain(mark);
  });
});

describe("commands that fail", () => {
  const lines: string[] = [];
  const io = (): CommandIo => ({
    ...house.io,
    line: (text) => void lines.push(text),
    warn: (text) => void lines.push(text),
    bytes: async (chunk) => void lines.push(Buffer.from(chunk).toString()),
  });
  const give = async (service: Service, ...words: readonly string[]): Promise<string> => {
    const command = COMMANDS.find(({ name }) => name === words.slice(0, name.split(" ").length).join(" "));
    if (command?.on !== "service") throw new Error(`${words.join(" ")} is no command on the stores`);
    const before = lines.length;
    try {
      const args = parseArguments(command, words.slice(command.name.split(" ").length));
      const code = await runAudited(command, service, args, io());
      lines.push(`exit ${code}`);
    } catch (error) {
      lines.push(String(error));
    }
    return lines.slice(before).join("\n");
  };
  const toFile = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const who = (partner = "acme") => ["--partner", partner, "--sub-file", toFile("subs.txt", `${USER}\n${MAIL}\n`)];
  const one = (partner = "acme") => ["--partner", partner, "--sub-file", toFile("sub.txt", `${USER}\n`)];
  /** More that each needs. */
  const MORE: Readonly<Record<string, readonly string[]>> = {
    rectify: ["--dept", "Science"],
    object: ["--purpose", "behaviour"],
  };
  const SUBJECT = ["lookup", "export", "rectify", "restrict", "unrestrict", "object", "erase"];

  it.each(SUBJECT)("subject %s names nobody, whatever is wrong", async (act) => {
    const more = MORE[act] ?? [];
    for (const [words, reason] of [
      [[...one("brook"), ...more], /must be on file/],
      [[...one(TYPED), ...more], /no Partner of that id/],
      [[...one("acme"), ...more, "--request", TYPED], /Cannot find the request/],
      [[...one("acme"), ...more, "--request", "R-2026-222222"], /Cannot find the request/],
      [["--partner", "acme", "--sub-file", join(folder, "absent.txt"), ...more], /absent\.txt/],
      [["--partner", "acme", "--sub-file", toFile("empty.txt", "\n"), ...more], /Nobody is named/],
      [["--partner", "acme", "--sub-file", toFile("long.txt", `${USER.repeat(20)}\n`), ...more], /longer than 255/],
      [["--acct", "guest", ...one(), ...more], /guest/],
      [["--acct", "public", ...one(), ...more], /does not go with/],
    ] as const) {
      expect(await give(house.service, "subject", act, ...words)).toMatch(reason);
    }
  });

  it.each(SUBJECT)("subject %s names nobody where a store or a key is away", async (act) => {
    const { service } = house;
    const asked = ["subject", act, ...one(), ...(MORE[act] ?? [])];
    const warehouse = failing(
      () => service.warehouse,
      () => new WarehouseUnavailable(`Cannot read for ${TYPED}`),
    );
    expect(await give({ ...service, warehouse }, ...asked)).toContain("Cannot read for");
    const keyFiles = {
      ...service.keyFiles,
      pseudonymKeys: () => ({ ...service.keyFiles.pseudonymKeys(), salts: new Map() }),
    };
    expect(await give({ ...service, keyFiles }, ...asked)).toMatch(/salt is not in the key file/);
    const decide = () => Promise.reject(new LogUnavailable(`Cannot write for ${TYPED}`));
    await give(
      {
        ...service,
        decide,
        log: failing(
          () => service.log,
          () => new LogUnavailable(TYPED),
        ),
      },
      ...asked,
    );
  });

  it("of two people at once an export names neither", async () => {
    expect(await give(house.service, "subject", "export", ...who())).toContain("Cannot export 2 people");
  });

  it("about requests, instructions, holds, keys, backups and records know of no word that was typed", async () => {
    for (const words of [
      ...["stop", "resume", "extend", "acknowledge", "close"].map((step) => [
        "requests",
        step,
        TYPED,
        ...(step === "stop" || step === "extend" ? ["--reason", ALL] : []),
      ]),
      ["requests", "open", TYPED, "--partner", "acme"],
      ["requests", "open", "access", "--partner", TYPED, "--note", ALL],
      ["requests", "open", "access", "--partner", "acme", "--received", TYPED],
      ["requests", "show", TYPED],
      ["instruction", "set", TYPED, "--scope", "rights", "--reference", ALL],
      ["instruction", "set", "acme", "--scope", TYPED, "--reference", ALL],
      ["instruction", "revoke", TYPED, "--scope", "rights"],
      ["instruction", "list", "--partner", TYPED],
      ["hold", "set", "--partner", TYPED, "--reference", "order 1"],
      ["hold", "release", TYPED],
      ["keys", "destroy", "salt", TYPED],
      ["keys", "destroy", "epoch", TYPED],
      ["keys", "revoke", TYPED],
      ["keys", "rotate", "token", "--site", TYPED, "-o", join(folder, "x.key")],
      ["operators", "remove", TYPED],
      ["api-keys", "revoke", TYPED],
      ["api-keys", "add", "--role", TYPED, "--name", "x"],
      ["api-keys", "add", "--role", "ingest", "--name", "x", "--partner", TYPED],
      ["partners", "export", TYPED, "-o", join(folder, "out")],
      ["breach", "--from", "2026-11-18T00:00:00Z", "--until", "2026-11-19T00:00:00Z", "--partner", TYPED],
      ["breach", "--from", TYPED, "--until", TYPED],
      ["backups", "verify", TYPED, "--dir", folder],
      ["close", TYPED],
      ["record", "2026-10", TYPED],
      ["counter", "PR", "--partner", TYPED, "--from", "2026-10", "--until", "2026-10"],
      ["audit", "--about", TYPED, "--actor", MAIL],
      ["sql", `SELECT '${TYPED}' FROM nowhere`],
      ["token", "mint", "--site", TYPED, "--sub", USER, "--acct", "partner", "--ptn", "acme"],
    ]) {
      expect([words, await give(house.service, ...words)]).toEqual([words, expect.stringMatching(/\S/)]);
    }
    // A remark that an operator should not have made is kept without what names somebody.
    for (const words of [
      ["requests", "open", "access", "--partner", "acme", "--note", `from ${MAIL}, ${PHONE}`],
      ["hold", "set", "--partner", "brook", "--reference", `order about ${MAIL}`],
      ["instruction", "set", "brook", "--scope", "named_people", "--reference", `letter of ${MAIL}`],
      ["subject", "rectify", ...one(), "--dept", MAIL, "--resource", `${MAIL}=${PHONE}`],
    ]) {
      await give(house.service, ...words);
    }
  }, 120_000);

  it("to import name lines and fields, and no value", async () => {
    const line = {
      sub: USER,
      acct: "partner",
      ptn: "acme",
      type: "page_view",
      at: "2026-11-19T09:00:00Z",
      url: `${ORIGIN}/a`,
    };
    const events = [
      "{",
      JSON.stringify({ ...line, acct: MAIL }),
      JSON.stringify({ ...line, at: ALL }),
      JSON.stringify({ ...line, url: ALL }),
      JSON.stringify({ ...line, type: USER }),
      JSON.stringify({ ...line, sub: "", dept: ALL.repeat(9) }),
      JSON.stringify({ ...line, id: USER }),
      JSON.stringify({ ...line, type: "feedback", score: 9, comment: ALL }),
    ];
    const said = await give(house.service, "import", "events", toFile("events.ndjson", `${events.join("\n")}\n`));
    expect(said).toMatch(/8 of 8 lines are bad/);
    const contacts = toFile(
      "contacts.csv",
      `email,name,user,account,partner\n${MAIL},${USER},${USER},partner,nobody\n`,
    );
    for (const [name, text] of [
      ["none", ALL],
      [
        "days",
        `user,account,partner,event,title,kind,date,minutes\n${USER},partner,acme,w-1,x,webinar,${ALL},${MAIL}\n`,
      ],
      [
        "partners",
        `user,account,partner,event,title,kind,date,minutes\n${USER},partner,acme-not,w-1,${ALL},webinar,2026-11-19,30\n`,
      ],
      ["mails", `email,event,title,kind,date,minutes\n${MAIL},w-1,x,webinar,2026-11-19,30\n`],
    ] as const) {
      const file = toFile(`${name}.csv`, text);
      for (const words of [
        ["import", "attendance", file],
        ["import", "attendance", file, "--contacts", contacts],
      ]) {
        expect(await give(house.service, ...words)).toMatch(/Cannot import|is required|exit|rror/);
      }
    }
    const rows = [`soon,9,"${ALL}",${MAIL}`, `2026-11-19,${MAIL},"${ALL}",${MAIL}`, `2026-11-19,,,${MAIL}`];
    const feedback = toFile("feedback.csv", `date,score,comment,email\n${rows.join("\n")}\n`);
    const map = "date=date,score=score,comment=comment,email=email";
    for (const more of [[], ["--map", map], ["--map", map, "--event", "w-1", "--contacts", contacts]]) {
      expect(await give(house.service, "import", "feedback", feedback, ...more)).toMatch(
        /Cannot import|is required|map/,
      );
    }
    const partners = toFile("partners.csv", `id,name,group\n"${SECRET}\n`);
    expect(await give(house.service, "partners", "import", partners)).toMatch(/\S/);
  });

  it("said nothing of a person to the operator's terminal", () => {
    const told = lines.join("\n");
    expect(lines.length).toBeGreaterThan(80);
    for (const mark of [USER, "wren.kestrel", "7946 0958", ADDRESS]) {
      // What the operator typed as a remark or a word comes back in the refusal of that very word, and only there.
      const typed = told.split("\n").filter((text) => text.includes(mark));
      expect(typed.filter((text) => !text.includes(" is on file: ")).map((text) => [mark, text])).toEqual([]);
    }
  });

  it("are as many as there are commands that name somebody", () => {
    // A new command has to be thought of here.
    const named = Object.keys(AUDIT_NOTES).filter((name) => /^(?:subject|import|requests|instruction) /.test(name));
    expect(named.filter((name) => name.startsWith("subject ")).map((name) => name.slice(8))).toEqual(SUBJECT);
  });
});

describe("after all of that", () => {
  it("every error that can be provoked here was", () => {
    // The rest needs a slow socket, a state of a request or keys that are away; their own tests look at what they say.
    const elsewhere = [
      "request_timeout",
      "hold_unknown",
      "request_closed",
      "request_other_partner",
      "keys_unavailable",
    ];
    const more = ["key_expired", "partner_forbidden", "legal_hold", "not_possible", "salt_missing"];
    expect(ERROR_CODES.filter((code) => !codes.has(code) && ![...elsewhere, ...more].includes(code))).toEqual([]);
  });

  it("nothing that was planted stands in a table, a file, a log line or what the process printed", async () => {
    expect(await findMarked([...MARKS, TYPED])).toEqual([]);
    expect(house.logged.length).toBeGreaterThan(5);
  });

  it("the audit trail says unknown for every word that is on no file", async () => {
    const subjects = await house.rows<{ subject: string }>("SELECT DISTINCT subject FROM audit ORDER BY subject");
    expect(subjects.map(({ subject }) => subject)).toContain("unknown");
    const known = [...house.service.journal().partners.keys()];
    const odd = subjects.filter(
      ({ subject }) =>
        !["", "unknown", "everyone", "all", ...known].includes(subject) &&
        !/^R-\d{4}-\w{6}$|^(?:salt|epoch|token) |^[0-9a-z]{6,12}$|^\d{4}-\d\d(?:-\d\d)?$/.test(subject),
    );
    expect(odd).toEqual([]);
  });
});
