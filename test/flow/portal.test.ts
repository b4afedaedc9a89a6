import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeContacts } from "../../api/contacts.ts";
import { readPdfText } from "../fixtures/pdf-text.ts";
import {
  BROOKS_NAME,
  JAY,
  openPortalHouse,
  type PortalHouse,
  ROBIN,
  type Visitor,
  WREN,
} from "../fixtures/portal-house.ts";

let portal: PortalHouse;
let robin: Visitor;

beforeAll(async () => {
  portal = await openPortalHouse();
  robin = await portal.signIn(ROBIN);
}, 180_000);
afterAll(() => portal?.[Symbol.asyncDispose]());

const advance = (minutes: number) =>
  portal.house.at(new Date(portal.house.clock.nowMs() + minutes * 60_000).toISOString());
const trail = () =>
  portal.house.rows<{ actor: string; action: string; subject: string; detail: string }>(
    "SELECT actor, action, subject, detail FROM audit ORDER BY at, rowNumberInAllBlocks()",
  );

describe("signing in to the portal by a mailed link", () => {
  it("tells everybody the same, and mails officers alone", async () => {
    const visitor = portal.visit();
    const before = (await portal.mails(JAY, 0)).length;
    const known = await visitor.post("/sign-in", { email: JAY });
    const unknown = await visitor.post("/sign-in", { email: "nobody@acme.example" });
    expect([known.status, known.text]).toEqual([unknown.status, unknown.text]);
    expect([...known.headers.keys()].sort()).toEqual([...unknown.headers.keys()].sort());
    expect((await portal.mails(JAY, before + 1)).at(-1)?.text).toContain(`${portal.url}/sign-in/`);
    expect(await portal.mails("nobody@acme.example", 0)).toEqual([]);
  });

  it("knows an address however it is written", async () => {
    const before = (await portal.mails(WREN, 0)).length;
    await portal.visit().post("/sign-in", { email: ` ${WREN.toUpperCase()} ` });
    expect(await portal.mails(WREN, before + 1)).toHaveLength(before + 1);
  });

  it("opens once: looking at the link does not use it up, a second press is refused", async () => {
    advance(20);
    const visitor = portal.visit();
    const before = (await portal.mails(ROBIN, 0)).length;
    await visitor.post("/sign-in", { email: ROBIN });
    const path = await portal.link(ROBIN, before + 1);
    for (const _ of [1, 2]) expect((await visitor.get(path)).text).toContain("<button>Sign in</button>");
    const link = path.split("/").at(-1) ?? "";
    const both = await Promise.all([visitor.post("/session", { link }), portal.visit().post("/session", { link })]);
    expect(both.map(({ status }) => status).sort()).toEqual([303, 410]);
    expect((await portal.visit().get(path)).status).toBe(410);
    expect((await portal.visit().get(path)).text).toContain("This link was used already");
  });

  it("refuses a link after 15 minutes, and one that was made up", async () => {
    advance(20);
    const before = (await portal.mails(ROBIN, 0)).length;
    const visitor = portal.visit();
    await visitor.post("/sign-in", { email: ROBIN });
    const path = await portal.link(ROBIN, before + 1);
    advance(15);
    const late = await visitor.post("/session", { link: path.split("/").at(-1) ?? "" });
    expect([late.status, late.text]).toEqual([410, expect.stringContaining("This link has expired")]);
    expect(visitor.cookie).toBe("");
    for (const link of ["", "x", "A".repeat(43), "../../etc/passwd"])
      expect((await visitor.post("/session", { link })).status).toBe(410);
    expect((await trail()).at(-1)).toMatchObject({ action: "portal.sign_in", detail: '{"refused":"expired"}' });
  });

  it("mails one officer no more than three links in 15 minutes, and answers alike", async () => {
    advance(20);
    const visitor = portal.visit();
    const before = (await portal.mails(JAY, 0)).length;
    const answers = [];
    for (let time = 0; time < 5; time += 1) {
      answers.push(await visitor.post("/sign-in", { email: JAY }));
      await portal.mails(JAY, before + Math.min(time + 1, 3));
    }
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    await portal.restart(); // which waits for what is under way
    expect(await portal.mails(JAY, 0)).toHaveLength(before + 3);
  });

  it("keeps nothing of a link or a cookie but hashes, in a file for its owner alone", async () => {
    const visitor = await portal.signIn(WREN);
    const link = (await portal.link(WREN)).split("/").at(-1) ?? "";
    for (const name of ["portal.sqlite", "portal.sqlite-wal"]) {
      const bytes = readFileSync(join(portal.house.dataDir, name));
      for (const secret of [link, visitor.cookie.split("=")[1] ?? "", WREN]) expect(bytes.includes(secret)).toBe(false);
    }
  });

  it("sets a cookie that no script and no other site gets, and that is bound to the host where there is TLS", async () => {
    const visitor = portal.visit();
    const before = (await portal.mails(ROBIN, 0)).length;
    advance(20);
    await visitor.post("/sign-in", { email: ROBIN });
    const link = (await portal.link(ROBIN, before + 1)).split("/").at(-1) ?? "";
    const answer = await visitor.post("/session", { link });
    expect(answer.headers.getSetCookie()[0]).toMatch(
      /^roebuck-this-machine=[\w-]{43}; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict$/,
    );
  });
});

describe("a session", () => {
  it("survives a restart, and ends after an hour without use or eight in all", async () => {
    const visitor = await portal.signIn(ROBIN);
    await portal.restart();
    expect((await visitor.get("/partners/acme")).status).toBe(200);
    for (let hour = 0; hour < 8; hour += 1) {
      advance(59);
      expect((await visitor.get("/partners/acme")).status).toBe(200);
    }
    advance(9);
    expect((await visitor.get("/partners/acme")).location).toBe("/");
    const idle = await portal.signIn(ROBIN);
    advance(61);
    expect((await idle.get("/partners/acme")).location).toBe("/");
  });

  it("ends with signing out, also for whoever has kept the cookie", async () => {
    advance(20);
    const visitor = await portal.signIn(ROBIN);
    const kept = visitor.cookie;
    expect((await visitor.post("/sign-out", {})).location).toBe("/");
    visitor.cookie = kept;
    expect((await visitor.get("/partners/acme")).location).toBe("/");
  });

  it("ends at once when the officer is gone from the contacts, however that came", async () => {
    const { service } = portal.house;
    const contact = { partner: "acme", name: "Kite King", email: "kite@acme.example" };
    await writeContacts(service.warehouse, [{ ...contact, isGone: false }], service.clock.nowMs());
    const kite = await portal.signIn(contact.email);
    expect((await kite.get("/partners/acme")).status).toBe(200);
    await writeContacts(service.warehouse, [{ ...contact, isGone: true }], service.clock.nowMs());
    expect((await kite.get("/partners/acme")).location).toBe("/");
  });

  it.each([
    [{ origin: "https://evil.example" }, 403],
    [{ origin: "null" }, 403],
    [{ origin: "" }, 403],
    [{ "sec-fetch-site": "cross-site", origin: "http://127.0.0.1:1" }, 403],
  ])("takes no form of another site: %o", async (headers, status) => {
    const visitor = await portal.signIn(WREN);
    const answer = await visitor.post("/partners/acme/contacts/remove", { who: "x" }, headers);
    expect(answer.status).toBe(status);
    advance(20);
  });
});

describe("what an officer sees", () => {
  it("goes to the only Partner, or to the choice of several", async () => {
    robin = await portal.signIn(ROBIN);
    expect((await robin.get("/partners")).location).toBe("/partners/acme");
    const wren = await portal.signIn(WREN);
    const choice = await wren.get("/partners");
    expect(choice.text).toContain("Acme &amp; Sons");
    expect(choice.text).toContain(BROOKS_NAME);
  });

  it("lists the closed months and shows the record as its page, with the same numbers for live charts", async () => {
    const list = await robin.get("/partners/acme");
    expect(list.text).toContain('href="/partners/acme/records/2026-10"');
    const page = await robin.get("/partners/acme/records/2026-10");
    expect(page.text).toContain("Key figures");
    const data = /data-charts="([^"]*)"/.exec(page.text)?.[1]?.replaceAll("&quot;", '"').replaceAll("&#39;", "'");
    const charts = JSON.parse(data ?? "") as readonly ({ labels: string[]; values: number[] } | null)[];
    expect(charts).toHaveLength(page.text.split("<figure>").length - 1);
    expect(charts[0]?.labels).toEqual(["Sep", "Oct"]);
    const json = JSON.parse((await robin.get("/partners/acme/records/2026-10/download/json")).text);
    expect(charts[0]?.values).toEqual([json.previous.Unique_Item_Requests, json.figures.Unique_Item_Requests]);
  });

  it("gives the record as PDF, CSV and JSON under safe names, kept by no cache, each noted", async () => {
    const pdf = await fetch(`${portal.url}/partners/acme/records/2026-10/download/pdf`, {
      headers: { cookie: robin.cookie },
    });
    expect(pdf.headers.get("content-disposition")).toBe('attachment; filename="acme-2026-10-v1.pdf"');
    expect(pdf.headers.get("cache-control")).toBe("no-store");
    expect((await readPdfText(new Uint8Array(await pdf.arrayBuffer()))).join(" ")).toContain("Acme & Sons");
    const csv = await robin.get("/partners/acme/records/2026-10/download/csv");
    expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    const noted = (await trail()).filter(({ action }) => action === "portal.download");
    for (const format of ["pdf", "csv", "json"])
      expect(noted).toContainEqual({
        subject: "acme",
        action: "portal.download",
        detail: `{"month":"2026-10","version":1,"format":"${format}"}`,
        actor: expect.stringMatching(/^officer [0-9a-f]{12}$/),
      });
  });

  it.each([
    "/partners/brook",
    "/partners/brook/records/2026-10",
    "/partners/brook/records/2026-10/download/pdf",
    "/partners/brook/contacts",
    "/partners/brook/instructions",
    "/partners/nobody",
    "/partners/acme/records/2026-01",
    "/partners/acme/records/2026-10/download/exe",
    "/partners/acme/records/..%2f..%2fbrook",
    "/partners/acme'%20OR%201=1",
  ])("finds nothing at %s", async (path) => {
    const answer = await robin.get(path);
    expect([answer.status, answer.text]).toEqual([404, expect.not.stringContaining(BROOKS_NAME)]);
    expect((await portal.visit().get(path)).location).toBe("/"); // who is not signed in is told nothing either
  });

  it("does not see a month that was closed before it was over", async () => {
    const { closeMonth } = await import("../../reporting/close.ts");
    const { aMonth } = await import("../fixtures/close-store.ts");
    await closeMonth(portal.house.service, aMonth("2026-11"));
    expect((await robin.get("/partners/acme")).text).not.toContain("2026-11");
    expect((await robin.get("/partners/acme/records/2026-11")).status).toBe(404);
    expect((await robin.get("/partners/acme/records/2026-11/download/pdf")).status).toBe(404);
  });

  it("gets pages that no cache keeps, no frame shows and no script or style within can change", async () => {
    for (const path of ["/", "/partners/acme", "/partners/acme/records/2026-10", "/nothing"]) {
      const { headers } = await robin.get(path);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("same-origin");
    }
  });
});

describe("handing over", () => {
  it("makes somebody a Link Officer once they agree by mail, and tells the others", async () => {
    advance(20);
    robin = await portal.signIn(ROBIN);
    const finch = "finch@acme.example";
    const told = (await portal.mails(WREN, 0)).length;
    const asked = await robin.post("/partners/acme/contacts/add", { name: "Finch <b>Fox</b>", email: finch });
    expect(asked.location).toBe("/partners/acme/contacts?done=invited");
    expect((await robin.get("/partners/acme/contacts")).text).not.toContain(finch);
    const path = await portal.link(finch);
    const visitor = portal.visit();
    expect((await visitor.get(path)).text).toContain("Agree and sign in");
    advance(60 * 24);
    await visitor.post("/session", { link: path.split("/").at(-1) ?? "" });
    expect((await visitor.get("/partners")).location).toBe("/partners/acme");
    robin = await portal.signIn(ROBIN);
    const contacts = (await robin.get("/partners/acme/contacts")).text;
    expect(contacts).toContain(finch);
    expect(contacts).toContain("Finch &lt;b&gt;Fox&lt;/b&gt;");
    const mail = (await portal.mails(WREN, told + 1)).at(-1);
    expect(mail?.text).toContain("is now a Link Officer of Acme & Sons, named by Robin Reed");
    expect((await trail()).map(({ action }) => action)).toEqual(
      expect.arrayContaining(["contact.invite", "contact.add"]),
    );
  });

  it("takes an officer off, whose session ends, and tells them and the others", async () => {
    const finch = await portal.signIn("finch@acme.example");
    const page = (await robin.get("/partners/acme/contacts")).text;
    const who = /finch@acme.example.*?name="who" value="([0-9a-f]{32})"/.exec(page)?.[1] ?? "";
    const before = (await portal.mails("finch@acme.example")).length;
    advance(1); // mails have an order
    const answer = await robin.post("/partners/acme/contacts/remove", { who });
    expect(answer.location).toBe("/partners/acme/contacts?done=removed");
    expect((await finch.get("/partners/acme")).location).toBe("/");
    const mail = (await portal.mails("finch@acme.example", before + 1)).at(-1);
    expect(mail?.text).toContain("is not a Link Officer of Acme & Sons any more; Robin Reed has taken them off");
  });

  it("keeps the last officer, and refuses officers of others", async () => {
    const page = (await robin.get("/partners/acme/contacts")).text;
    const who = (email: string) => new RegExp(`${email}.*?name="who" value="([0-9a-f]{32})"`).exec(page)?.[1] ?? "";
    const unknown = await robin.post("/partners/acme/contacts/remove", { who: "0".repeat(32) });
    expect(unknown.location).toContain("done=unknown");
    const other = await robin.post("/partners/brook/contacts/add", { name: "Me", email: "me@evil.example" });
    expect(other.status).toBe(404);
    await robin.post("/partners/acme/contacts/remove", { who: who(WREN) });
    const last = await robin.post("/partners/acme/contacts/remove", { who: who(ROBIN) });
    expect(last.location).toContain("done=last");
    expect((await robin.get("/partners/acme")).status).toBe(200);
  });

  it.each([
    [{ name: "", email: "a@b.example" }],
    [{ name: "A", email: "no address" }],
    [{ name: "A", email: "a@b.example\r\nBcc: x@evil.example" }],
  ])("refuses %o", async (fields) => {
    advance(1);
    expect((await robin.post("/partners/acme/contacts/add", fields)).location).toContain("done=unreadable");
  });
});

describe("the Partner's instruction", () => {
  it("is shown, given with a declaration and revoked, noted and told by mail", async () => {
    advance(20);
    robin = await portal.signIn(ROBIN);
    const path = "/partners/acme/instructions";
    expect((await robin.get(path)).text).toContain("letter 7");
    const bare = await robin.post(`${path}/named_people/give`, {});
    expect(bare.location).toContain("done=not%20declared");
    expect(portal.house.service.journal().instructions.get("acme")?.has("named_people")).toBe(false);
    advance(1);
    await robin.post(`${path}/named_people/give`, { declared: "yes" });
    expect(portal.house.service.journal().instructions.get("acme")?.get("named_people")).toMatch(
      /^portal, officer [0-9a-f]{12}, 2\d November 2026$/,
    );
    expect((await portal.mails(ROBIN)).at(-1)?.text).toContain("Robin Reed has instructed for Acme & Sons");
    advance(1);
    await robin.post(`${path}/named_people/revoke`, {});
    expect(portal.house.service.journal().instructions.get("acme")?.has("named_people")).toBe(false);
    expect((await robin.post("/partners/brook/instructions/rights/give", { declared: "yes" })).status).toBe(404);
    expect(portal.house.service.journal().instructions.get("brook")).toBeUndefined();
    expect((await trail()).slice(-2).map(({ action }) => action)).toEqual(["instruction.set", "instruction.revoke"]);
  });
});

it("leaves no address, name or link of an officer in the log or the audit trail", async () => {
  const text = portal.house.logged.join("\n") + JSON.stringify(await trail());
  const link = (await portal.link(ROBIN)).split("/").at(-1) ?? "no link";
  for (const mark of [ROBIN, WREN, JAY, "Robin Reed", "finch", link]) expect(text.includes(mark), mark).toBe(false);
});
