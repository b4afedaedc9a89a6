import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runBackup } from "../../api/backups/run-backup.ts";
import { type RestoreCertificate, restore } from "../../api/backups/run-restore.ts";
import { setHold } from "../../api/clocks/holds.ts";
import { importPartners } from "../../api/commands/partners-import.ts";
import { readSigningKey } from "../../api/key-files.ts";
import { objectForPeople, restrictPeople } from "../../api/rights/choices.ts";
import { erasePeople } from "../../api/rights/erase.ts";
import { setInstruction } from "../../api/rights/instructions.ts";
import { type AskedCorrection, rectifyPeople } from "../../api/rights/rectify.ts";
import { createCollector } from "../../ingest/app.ts";
import { openCountry } from "../../ingest/country.ts";
import type { Decision } from "../../schemas/journal.ts";
import { DESKTOP } from "../fixtures/collector.ts";
import { findMarks, openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";
import { newEventId } from "../fixtures/roebuck-process.ts";

// A backup is made; on the next day everybody decides something; then the backup is put back. Each mark is a search or a
// click, named for who did it and when: before the backup, between it and the decision, after the decision.
const folder = mkdtempSync(join(tmpdir(), "roebuck-decisions-"));
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const ORIGIN = "https://www.example.org";
let house: RightsHouse;
let certificate: RestoreCertificate;

const aPartner = (id: string, contractEnd: string | null) => ({
  id,
  name: `Name of ${id}`,
  group: "",
  seats: null,
  fee: null,
  currency: "",
  contractStart: "2026-01-01",
  contractEnd,
  zone: "UTC",
  officers: [],
});
const asked = (...subs: string[]) => ({ people: { acct: "partner", partner: "acme", subs } }) as const;
const search = (sub: string, when: string, partner = "acme") => {
  return { sub, partner, type: "search", term: `${sub}-${when}`, dept: "Old Hall" } as const;
};
const click = (sub: string, when: string) => ({ sub, type: "click", target: `${sub}-${when}` }) as const;
const SEARCHERS = ["ben", "cat", "dan", "eve", "hal", "ida"] as const;

async function decideConsent(sub: string, granted: boolean): Promise<void> {
  const person = { ref: house.toRef(sub), ptn: "acme", atMs: house.clock.nowMs() };
  const change = { purpose: "behaviour", granted, wording: "v1", source: "api" } as const;
  await house.service.decide([{ kind: "consent", ...person, ...change } satisfies Decision]);
}

async function rectify(sub: string, correction: AskedCorrection): Promise<void> {
  await rectifyPeople(house.service, { ...asked(sub), correction }, "wren", house.io);
}

/** What people did before the backup. */
async function liveBefore(): Promise<void> {
  await importPartners(house.service, [aPartner("cedar", null)]);
  await setInstruction(house.service, { partner: "brook", scope: "rights", on: true, reference: "letter 8" }, "wren");
  for (const sub of ["ann", "gus"]) await decideConsent(sub, true);
  house.at("2026-11-20T12:05:00Z");
  await house.send(
    ...SEARCHERS.map((sub) => search(sub, "before")),
    search("fay", "before", "cedar"),
    { sub: "hal", path: "/only-hal-opened-it", title: "Only Hal opened it" },
    { ...search("ida", "resource"), resource: { id: "guide-1", type: "guide" } },
    click("ann", "before"),
    click("gus", "before"),
  );
  await house.settle();
}

/** What they decided after it, with something done before and after each decision. */
async function decideAll(): Promise<void> {
  const { service, io } = house;
  house.at("2026-11-21T10:00:00Z");
  await house.send(...SEARCHERS.map((sub) => search(sub, "between")), click("ann", "between"), click("gus", "between"));
  await house.settle();
  house.at("2026-11-21T11:00:00Z");
  for (const sub of ["ann", "gus"]) await decideConsent(sub, false);
  await rectify("ben", { dept: "New Hall" });
  await rectify("cat", { moveTo: "brook" });
  await rectify("ida", { resource: { from: "guide-1", to: "guide-2" } });
  await restrictPeople(service, { ...asked("dan"), on: true }, "wren", io);
  await objectForPeople(service, { ...asked("eve"), purpose: "engagement", on: true }, "wren");
  await importPartners(service, [aPartner("cedar", "2026-11-20")]);
  await erasePeople(service, asked("hal"), "wren", io);
  await setInstruction(service, { partner: "brook", scope: "rights", on: false, reference: "letter 9" }, "wren");
  await setHold(service, { partner: "acme", reference: "court 5" }, "wren");
  house.at("2026-11-21T12:00:00Z");
  await decideConsent("gus", true); // again: a new grant
  house.at("2026-11-21T12:30:00Z");
  await house.send(
    ...["dan", "eve"].map((sub) => search(sub, "after")),
    search("fay", "after", "cedar"),
    click("ann", "after"),
    click("gus", "after"),
  );
  await house.settle();
}

beforeAll(async () => {
  house = await openRightsHouse({ ROEBUCK_BACKUP_DIR: folder });
  await house.hurry();
  await liveBefore();
  house.at("2026-11-20T20:00:00Z");
  const { id } = await runBackup(house.service, {}, "wren", house.io);
  await decideAll();
  house.at("2026-11-22T12:00:00Z");
  await house.shut();
  const { settings, clock } = house;
  certificate = await restore({ settings, sites: [], logger: quiet, clock }, { id }, "wren", house.io);
  await house.reopen();
}, 300_000);
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Marks of somebody in a table, with a column beside each. */
async function marks(table: string, sub: string, column = "partner"): Promise<readonly string[]> {
  const mark = table.startsWith("behaviour") ? "target" : "term";
  const rows = await house.rows<{ text: string }>(
    `SELECT concat(${mark}, ' ', toString(${column})) AS text FROM ${table} WHERE startsWith(${mark}, '${sub}-') ORDER BY text`,
  );
  return rows.map(({ text }) => text);
}

async function pseudonyms(sub: string): Promise<ReadonlyMap<string, string>> {
  const rows = await house.rows<{ target: string; who: string }>(
    `SELECT target, lower(hex(pseudonym)) AS who FROM behaviour WHERE startsWith(target, '${sub}-')`,
  );
  return new Map(rows.map(({ target, who }) => [target, who]));
}

describe("restore() of a backup that is older than what people decided", () => {
  it("keeps nothing new of who withdrew, and what was lawful before it stays", async () => {
    // What was on the log when consent was withdrawn is judged by what holds now.
    expect(await marks("behaviour", "ann")).toEqual(["ann-before acme"]);
    await house.send(click("ann", "later"));
    await house.settle();
    expect(await marks("behaviour", "ann")).toEqual(["ann-before acme"]);
  });

  it("never combines what rests on a withdrawn consent with what rests on a new one", async () => {
    expect(await marks("behaviour", "gus")).toEqual(["gus-after acme", "gus-before acme"]);
    await house.send(click("gus", "later"), search("gus", "later"));
    await house.settle();
    const known = await pseudonyms("gus");
    expect(known.get("gus-later")).toBe(known.get("gus-after"));
    expect(known.get("gus-before")).not.toBe(known.get("gus-after"));
    const [engaged] = await marks("engagement", "gus", "lower(hex(pseudonym))");
    expect([...known.values()].map((who) => `gus-later ${who}`)).not.toContain(engaged);
  });

  it("keeps a department that was corrected, in rows of the backup and of the log", async () => {
    expect(await marks("engagement", "ben", "dept")).toEqual(["ben-before New Hall", "ben-between New Hall"]);
  });

  it("keeps rows at the Partner that they were moved to", async () => {
    expect(await marks("engagement", "cat")).toEqual(["cat-before brook", "cat-between brook"]);
    const [there] = house.toPseudonyms("cat", "brook").filter(({ realm }) => realm === "engagement");
    expect(await marks("engagement", "cat", "lower(hex(pseudonym))")).toEqual([
      `cat-before ${there?.pseudonym}`,
      `cat-between ${there?.pseudonym}`,
    ]);
  });

  it("keeps a resource that was corrected", async () => {
    const rows = await house.rows("SELECT resource FROM engagement WHERE term = 'ida-resource'");
    expect(rows).toEqual([{ resource: "guide-2" }]);
  });

  it("shows nobody what is restricted, and keeps nothing new of it", async () => {
    expect(await marks("engagement", "dan")).toEqual(["dan-before acme"]);
    expect(await marks("engagement_v1", "dan")).toEqual([]);
    await house.send(search("dan", "later"));
    await house.settle();
    expect(await marks("engagement", "dan")).toEqual(["dan-before acme"]);
  });

  it("keeps nothing new of who objected, and what was collected before stays", async () => {
    expect(await marks("engagement", "eve")).toEqual(["eve-before acme"]);
    await house.send(search("eve", "later"));
    await house.settle();
    expect(await marks("engagement_v1", "eve")).toEqual(["eve-before acme"]);
  });

  it("brings no row of the erased back", async () => {
    expect(await marks("engagement", "hal")).toEqual([]);
    expect(certificate.enforced[0]?.erasedRows).toBe(2);
    // Nor the titles of what nobody else has opened.
    expect(await house.rows("SELECT title FROM resources WHERE position(title, 'Hal') > 0")).toEqual([]);
    expect(findMarks(house.dataDir, ["only-hal-opened-it", "Only Hal opened it"])).toEqual([]);
  });

  it("refuses a Partner that left, at the collector and on the log", async () => {
    expect(await marks("engagement", "fay")).toEqual(["fay-before cedar"]);
    expect(await house.rows("SELECT name FROM partners FINAL WHERE id = 'cedar'")).toHaveLength(1);
    const dropped =
      "SELECT toString(sum(events)) AS n FROM drops_daily WHERE partner = 'cedar' AND reason = 'partner_left'";
    expect(await house.rows(dropped)).toEqual([{ n: "1" }]);
    expect(await sendBeacon("fay", "cedar")).toBe(403);
    expect(await sendBeacon("ben", "acme")).toBe(202);
  });

  it("keeps an instruction revoked and a hold on", async () => {
    const { instructions, holds } = house.service.journal();
    expect(instructions.get("brook")?.has("rights") ?? false).toBe(false);
    expect([...holds.values()].map(({ partner, reference }) => [partner, reference])).toEqual([["acme", "court 5"]]);
    const about = { people: { acct: "partner", partner: "brook", subs: ["cat"] } } as const;
    await expect(restrictPeople(house.service, { ...about, on: true }, "wren", house.io)).rejects.toMatchObject({
      code: "no_instruction",
    });
  });

  it("keeps every request with its state, also those that came after the backup", async () => {
    const rows = await house.rows<{ kind: string; state: string }>(
      "SELECT kind, argMax(state, updated_at) AS state FROM requests GROUP BY id, kind ORDER BY kind",
    );
    expect(rows).toEqual(
      ["erasure", "objection", "rectification", "rectification", "rectification", "restriction"].map((kind) => ({
        kind,
        state: "done",
      })),
    );
  });
});

async function sendBeacon(sub: string, ptn: string): Promise<number> {
  const { service } = house;
  const collector = await createCollector({
    ...service,
    sites: [{ id: "www", origins: [ORIGIN] }],
    keys: service.keyFiles.collectorKeys,
    country: await openCountry(house.settings),
  });
  const key = readSigningKey(service.keyFiles.collectorFile, "www");
  const iat = Math.floor(house.clock.nowMs() / 1_000) - 60;
  const claims = { iss: "www", aud: "roebuck", sub, acct: "partner", ptn, iat, exp: iat + 3_600 };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", typ: "beacon+jwt", kid: key?.kid ?? "" })
    .sign(Buffer.from(key?.key ?? "", "base64url"));
  const event = { id: newEventId(), type: "page_view", at: house.clock.nowMs(), url: `${ORIGIN}/a` };
  const answer = await collector.request("/v1/beacons", {
    method: "POST",
    headers: { origin: ORIGIN, "content-type": "application/json", "user-agent": DESKTOP },
    body: JSON.stringify({ v: 1, site: "www", token, sent_at: house.clock.nowMs(), events: [event] }),
  });
  return answer.status;
}
