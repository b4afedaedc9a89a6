import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { erasePeople } from "../../api/rights/erase.ts";
import { openWebhookTarget, type WebhookTarget } from "../../api/webhook/target.ts";
import { startTeller, Teller } from "../../api/webhook/teller.ts";
import { closeMonth } from "../../reporting/close.ts";
import type { Month } from "../../schemas/ids.ts";
import { reading } from "../fixtures/api-house.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

/** A CRM that is told of records: what it hears, and what happens while it is not well. */
interface Heard {
  readonly body: string;
  readonly signature: string;
}

const SECRET = "5e".repeat(32);
const none = new AbortController().signal;
let house: RightsHouse;
let crm: Server;
let heard: Heard[];
/** Status that the CRM answers with, by what it hears. */
let answer: (body: string) => number;
let target: WebhookTarget;

beforeEach(async () => {
  house = await openRightsHouse();
  heard = [];
  answer = () => 204;
  crm = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      heard.push({ body, signature: String(incoming.headers["roebuck-signature"]) });
      outgoing.writeHead(answer(body), { location: "/elsewhere" }).end("kestrel");
    });
  });
  await new Promise<void>((resolve) => crm.listen(0, "127.0.0.1", resolve));
  const webhookSecretFile = join(house.dataDir, "webhook.secret");
  writeFileSync(webhookSecretFile, SECRET, { mode: 0o600 });
  const { port } = crm.address() as AddressInfo; // a TCP server that listens
  const opened = openWebhookTarget({ webhookUrl: `http://127.0.0.1:${port}/hook`, webhookSecretFile });
  if (opened === undefined) throw new Error("The address was not taken");
  target = opened;
}, 120_000);
afterEach(async () => {
  crm.closeAllConnections();
  await new Promise((resolve) => crm.close(resolve));
  await house[Symbol.asyncDispose]();
});

const close = (month: string, partner?: string) =>
  closeMonth(house.service, month as Month, partner === undefined ? {} : { partners: [partner] }); // as it is written
const toIds = () => heard.map(({ body }) => JSON.parse(body).id as string);
const toRuns = () =>
  house.rows<{ subject: string; outcome: string; detail: string }>(
    "SELECT subject, outcome, detail FROM runs WHERE kind = 'webhook' AND outcome != 'begun' ORDER BY started_at, subject, outcome",
  );

describe("a CRM that is told of records", { timeout: 240_000 }, () => {
  it("hears of each that is closed from then on, once, signed, with ids and the version and nothing else", async () => {
    house.at("2026-11-20T11:00:00Z");
    await close("2026-08");
    house.at("2026-11-20T12:00:00Z");
    const teller = new Teller(house.service, target);
    expect(await teller.tellDue(none)).toBe(0);
    house.at("2026-11-20T12:01:00Z");
    await close("2026-09");
    await close("2026-11"); // before it is over: handed out to nobody
    expect(await teller.tellDue(none)).toBe(2);
    expect(await teller.tellDue(none)).toBe(0);
    expect(toIds()).toEqual(["acme:2026-09:1", "brook:2026-09:1"]);
    const [first] = heard;
    expect(JSON.parse(first?.body ?? "")).toEqual({
      ...{ id: "acme:2026-09:1", type: "record.closed", partner: "acme", month: "2026-09", version: 1 },
      closed_at: "2026-11-20T12:01:00.000Z",
    });
    const [, seconds = "", hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(first?.signature ?? "") ?? [];
    expect(hex).toBe(createHmac("sha256", SECRET).update(`${seconds}.${first?.body}`).digest("hex"));
    expect(Number(seconds)).toBe(Date.parse("2026-11-20T12:01:00Z") / 1_000);
  });

  it("hears of a record that an erasure has restated, and not who was erased", async () => {
    const teller = new Teller(house.service, target);
    await teller.tellDue(none);
    house.at("2026-11-20T12:01:00Z");
    await house.send(...reading("kestrel-user", "acme", "2026-10-05T09:00:00Z"));
    await house.settle();
    await close("2026-10", "acme");
    await teller.tellDue(none);
    house.at("2026-11-20T12:02:00Z");
    await house.hurry();
    const people = { acct: "partner", partner: "acme", subs: ["kestrel-user"] } as const;
    await erasePeople(house.service, { people }, "wren", house.io);
    expect(await teller.tellDue(none)).toBe(1);
    expect(JSON.parse(heard.at(-1)?.body ?? "")).toMatchObject({
      id: "acme:2026-10:2",
      type: "record.restated",
      version: 2,
    });
    expect(JSON.stringify(heard)).not.toContain("kestrel-user");
  });

  it("that is away is told when it is back, after waits that grow; another process that starts goes on", async () => {
    const teller = new Teller(house.service, target);
    await teller.tellDue(none);
    house.at("2026-11-20T12:01:00Z");
    await close("2026-09");
    answer = () => 503;
    expect(await teller.tellDue(none)).toBe(0);
    expect(heard).toHaveLength(2);
    expect(await teller.tellDue(none)).toBe(0);
    expect(heard).toHaveLength(2);
    house.at("2026-11-20T12:01:11Z");
    await teller.tellDue(none);
    expect(heard).toHaveLength(4);
    house.at("2026-11-20T12:01:15Z");
    await teller.tellDue(none);
    expect(heard).toHaveLength(4);
    answer = () => 204;
    expect(await new Teller(house.service, target).tellDue(none)).toBe(2);
    house.at("2026-11-20T13:00:00Z");
    expect(await teller.tellDue(none)).toBe(0);
    expect((await toRuns()).map(({ subject, outcome }) => `${subject} ${outcome}`)).toEqual([
      "acme 2026-09 1 failed",
      "brook 2026-09 1 failed",
      "acme 2026-09 1 done",
      "brook 2026-09 1 done",
    ]);
    expect(house.logged.join()).not.toContain("kestrel");
  });

  it("that refuses one record hears of the others, and one that is refused for three days is given up", async () => {
    const teller = new Teller(house.service, target);
    await teller.tellDue(none);
    house.at("2026-11-20T12:01:00Z");
    await close("2026-09");
    answer = (body) => (body.includes('"acme"') ? 422 : 204);
    expect(await teller.tellDue(none)).toBe(1);
    for (let hour = 1; hour < 14; hour += 1) {
      house.at(new Date(Date.parse("2026-11-21T12:00:00Z") + hour * 5 * 3_600_000).toISOString());
      await teller.tellDue(none);
    }
    const tries = toIds().filter((id) => id === "acme:2026-09:1").length;
    house.at("2026-11-30T12:00:00Z");
    await teller.tellDue(none);
    house.at("2026-12-30T12:00:00Z");
    await teller.tellDue(none);
    expect(toIds().filter((id) => id === "acme:2026-09:1").length - tries).toBeLessThanOrEqual(1);
    expect((await toRuns()).filter(({ subject }) => subject.startsWith("acme")).map(({ outcome }) => outcome)).toEqual([
      "failed",
      "given up",
    ]);
  });

  it("that sends elsewhere is not followed", async () => {
    const teller = new Teller(house.service, target);
    await teller.tellDue(none);
    house.at("2026-11-20T12:01:00Z");
    await close("2026-09", "acme");
    answer = () => 307;
    expect(await teller.tellDue(none)).toBe(0);
    expect(heard).toHaveLength(1);
    expect((await toRuns())[0]).toMatchObject({ outcome: "failed", detail: '{"reason":"status 307"}' });
  });

  it("hears of it within seconds from a service that runs, and no more once that is stopped", async () => {
    const running = startTeller(house.service, target);
    await expect
      .poll(
        async () => (await house.rows<{ c: string }>("SELECT count() AS c FROM runs WHERE kind = 'webhook'"))[0]?.c,
        { timeout: 30_000 },
      )
      .toBe("1");
    house.at("2026-11-20T12:01:00Z");
    await close("2026-09");
    await expect.poll(() => heard.length, { timeout: 60_000 }).toBe(2);
    await running[Symbol.asyncDispose]();
    house.at("2026-11-20T12:02:00Z");
    await close("2026-08");
    expect(heard).toHaveLength(2);
  });
});
