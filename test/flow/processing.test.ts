import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addApiKey } from "../../api/access/api-keys.ts";
import { listenForCalls } from "../../api/app.ts";
import { parseArguments } from "../../api/command.ts";
import { processingCommand } from "../../api/commands/processing.ts";
import type { CollectorServer } from "../../ingest/server.ts";
import type { Role } from "../../schemas/roles.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

let house: RightsHouse;
let server: CollectorServer;
const keys = new Map<string, string>();

beforeAll(async () => {
  const api = { ROEBUCK_API_PORT: "0", ROEBUCK_RATE_PER_KEY: "0", ROEBUCK_RATE_PER_ADDRESS: "0" };
  house = await openRightsHouse({ ...api, ROEBUCK_ORGANISATION: "Roe & <Trust>", ROEBUCK_RETENTION_DAYS: "300" });
  const add = async (name: string, role: Role, ...partners: string[]) =>
    keys.set(name, (await addApiKey(house.service, { name, roles: [role], partners, days: 30 }, "wren")).key);
  await add("privacy", "privacy");
  await add("officer", "officer", "acme");
  await add("ingest", "ingest");
  server = await listenForCalls(house.service);
  const contact = { gone: 0, updated_at: "2026-11-01 00:00:00.000" };
  await house.service.warehouse.insertRows("contacts", [
    { partner: "acme", email: "ada@acme.example", name: "Ada <i>Officer</i>", ...contact },
    { partner: "brook", email: "ben@brook.example", name: "Ben Officer", ...contact },
    { partner: "brook", email: "old@brook.example", name: "Old Officer", ...contact, gone: 1 },
  ]);
});
afterAll(async () => {
  await server.close();
  await house[Symbol.asyncDispose]();
});

async function call(key: string, query = "", headers: Readonly<Record<string, string>> = {}) {
  const authorization = `Bearer ${keys.get(key)}`;
  const answer = await fetch(`http://127.0.0.1:${server.port}/v1/processing${query}`, {
    headers: { authorization, ...headers },
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

async function give(...words: readonly string[]): Promise<string> {
  house.lines.length = 0;
  expect(await processingCommand.run(house.service, parseArguments(processingCommand, words), house.io)).toBe(0);
  return house.lines[0] ?? "";
}

describe("roebuck processing", () => {
  it("writes the page for every Partner under the settings in force, and says what is not set", async () => {
    const page = await give();
    expect(page).toMatch(/^<!doctype html>/);
    for (const told of [
      "Roe &amp; &lt;Trust&gt;",
      "300 days, by dropping",
      "Ada &lt;i&gt;Officer&lt;/i&gt;, ada@acme.example",
    ])
      expect(page).toContain(told);
    expect(page).toContain("Ben Officer, ben@brook.example");
    expect(page).not.toContain("old@brook.example");
    expect(house.lines.slice(1)).toEqual([
      "ROEBUCK_PRIVACY_CONTACT is not set: the page has a gap for the data protection contact.",
    ]);
  });

  it("writes the same as Markdown and JSON", async () => {
    expect(await give("--format", "md")).toMatch(/^# Records of processing activities\n/);
    expect(JSON.parse(await give("--format", "json"))).toMatchObject({
      schema: "roebuck.processing/1",
      organisation: "Roe & <Trust>",
      contact: null,
      controllers: [
        { partner: "acme", instruction_on_file: true, contract_ended: false },
        { partner: "brook", instruction_on_file: false },
      ],
    });
  });
});

describe("GET /v1/processing", () => {
  it("gives the privacy officer the page, which a browser may neither run nor send anything from", async () => {
    const { status, headers, text } = await call("privacy", "", { accept: "text/html,application/xhtml+xml" });
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(text).toContain("Name of acme (acme)");
    expect(text).toContain("Name of brook (brook)");
  });

  it("gives a Partner's officer the same with that Partner alone", async () => {
    const { status, text } = await call("officer");
    expect(status).toBe(200);
    expect(JSON.parse(text).controllers.map(({ partner }: { partner: string }) => partner)).toEqual(["acme"]);
    expect(text).not.toContain("brook");
    expect((await call("officer", "?format=html")).text).not.toContain("brook");
  });

  it.each([
    ["", "application/json", "application/json"],
    ["", "*/*", "application/json"],
    ["?format=md", "text/html", "text/markdown; charset=utf-8"],
    ["", "text/markdown", "text/markdown; charset=utf-8"],
  ])("takes %j with Accept %s for %s", async (query, accept, type) => {
    expect((await call("privacy", query, { accept })).headers.get("content-type")).toBe(type);
  });

  it("refuses another role and another format, and is in the audit trail", async () => {
    expect((await call("ingest")).status).toBe(403);
    expect(JSON.parse((await call("privacy", "?format=pdf")).text)).toMatchObject({
      status: 400,
      code: "query_invalid",
    });
    const rows = await house.rows<{ actor: string; detail: string }>(
      "SELECT DISTINCT actor, detail FROM audit WHERE action = 'processing.read'",
    );
    const idOf = (name: string) => keys.get(name)?.split("_")[1];
    expect(rows).toContainEqual({ actor: idOf("privacy"), detail: "{}" });
    expect(rows).toContainEqual({ actor: idOf("officer"), detail: "{}" });
    expect(rows).toContainEqual({ actor: idOf("ingest"), detail: '{"refused":"role_forbidden"}' });
  });
});
