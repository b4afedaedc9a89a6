import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RightsAsked } from "../../api/rights/act.ts";
import { toCertificateLines } from "../../api/rights/certificate.ts";
import { enforceJournal } from "../../api/rights/enforce.ts";
import { erasePeople } from "../../api/rights/erase.ts";
import { readRequest } from "../../api/rights/requests.ts";
import { closeMonth } from "../../reporting/close.ts";
import { readRecord } from "../../reporting/records.ts";
import { type Month, parseMonth } from "../../schemas/ids.ts";
import { findFiles, makeColumnsPlain } from "../fixtures/disk.ts";
import { findMarks, openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";
import { anEventId } from "../fixtures/transform-events.ts";

const WEBINAR = { id: "w-1", title: "kestreltitle", kind: "webinar" };
const OCTOBER = parseMonth("2026-10") as Month; // a month
let house: RightsHouse;
beforeAll(async () => {
  house = await openRightsHouse();
});
afterAll(() => house[Symbol.asyncDispose]());

const asked = (...subs: string[]): RightsAsked => ({ people: { acct: "partner", partner: "acme", subs } });
const count = async (sub: string, partner = "acme") => {
  const all = house.toPseudonyms(sub, partner).map(({ pseudonym }) => `'${pseudonym}'`);
  const sql = ["engagement", "behaviour", "feedback", "attendance"]
    .map(
      (table) => `SELECT count() AS c FROM ${table} WHERE partner = '${partner}' AND lower(hex(pseudonym)) IN (${all})`,
    )
    .join(" UNION ALL ");
  return (await house.rows<{ c: string }>(sql)).reduce((sum, { c }) => sum + Number(c), 0);
};

describe("erasure", () => {
  it("removes a person from every table, the log and the disk, and nobody else", async () => {
    await house.send(
      { sub: "kestrel", at: "2026-11-19T10:00:00Z", id: anEventId(1), type: "search", term: "kestrelterm" },
      { sub: "kestrel", at: "2026-11-19T10:01:00Z", consents: true, type: "leave", engagedMs: 5 },
      { sub: "kestrel", at: "2026-11-19T10:02:00Z", consents: true, type: "feedback", comment: "kestrelcomment" },
      { sub: "kestrel", at: "2026-11-19T10:02:30Z", type: "attendance", event: WEBINAR, minutes: 55 },
      { sub: "kestrel", partner: "brook", at: "2026-11-19T10:03:00Z" },
      { sub: "robin", at: "2026-11-19T10:04:00Z" },
    );
    await house.settle();
    expect(await count("kestrel")).toBe(4);
    const traces = () => {
      const pseudonyms = house.toPseudonyms("kestrel").map(({ pseudonym }) => pseudonym);
      return findMarks(house.dataDir, [
        "kestrel",
        ...pseudonyms,
        ...pseudonyms.map((text) => Buffer.from(text, "hex")),
      ]);
    };
    expect(traces().length).toBeGreaterThan(0); // the search sees them while they are there
    // On its way when the erasure is decided.
    await house.send({
      sub: "kestrel",
      at: "2026-11-20T11:59:59Z",
      id: anEventId(2),
      term: "kestrelterm",
      type: "search",
    });
    await house.service.log.append("quarantine", [
      {
        key: "events:0:9",
        value: Buffer.from(
          JSON.stringify({
            v: 1,
            value: Buffer.from(`{"person":{"ref":"${house.toRef("kestrel")}"`).toString("base64"),
          }),
        ),
      },
    ]);
    const certificate = await erasePeople(house.service, { ...asked("kestrel"), verbal: true }, "wren", house.io);
    expect(certificate).toMatchObject({ people: 1, found: 1, partner: "acme", by: "wren", files_left: 0 });
    const engagement = certificate.tables.find(({ table }) => table === "engagement");
    expect(engagement?.after).toBe(0);
    expect(certificate.log).toEqual({ events: 5, quarantine: 1 });
    expect(await count("kestrel")).toBe(0);
    expect(await count("kestrel", "brook")).toBe(1);
    expect(await count("robin")).toBe(1);

    const ref = house.toRef("kestrel");
    expect(traces()).toEqual([]);
    // The decision itself must stay: it is what keeps the person out.
    expect(findMarks(house.dataDir, [ref]).filter((file) => !file.includes("journal"))).toEqual([]);
    const text = toCertificateLines(certificate).join("\n");
    for (const mark of ["kestrel", ref, ...house.toPseudonyms("kestrel").map(({ pseudonym }) => pseudonym)]) {
      expect(text).not.toContain(mark);
      expect(JSON.stringify(certificate)).not.toContain(mark);
    }
    const request = await readRequest(house.service, certificate.request);
    expect(request).toMatchObject({ state: "done", kind: "erasure", verbal: true, partner: "acme" });
    expect(JSON.parse(request.certificate)).toEqual(certificate);
    await house.hurry();
  });

  it("removes the addresses and titles that nobody else was shown, from the disk as well, and keeps the others'", async () => {
    const plain = await openRightsHouse();
    try {
      await makeColumnsPlain(plain.service.warehouse);
      await plain.hurry();
      const at = { at: "2026-11-19T10:00:00Z" };
      const guide = (id: string) => ({ resource: { id, type: "guide" } });
      await plain.send(
        {
          sub: "kestrel",
          ...at,
          path: "/only-kestrel-path",
          title: "only-kestrel-title",
          ...guide("only-kestrel-guide"),
        },
        {
          sub: "kestrel",
          ...at,
          type: "download",
          path: "/only-kestrel-file",
          title: "f",
          ...guide("only-kestrel-file"),
        },
        { sub: "kestrel", ...at, path: "/shared-path", title: "shared-title", ...guide("shared-guide") },
        { sub: "robin", ...at, path: "/shared-path", title: "shared-title", ...guide("shared-guide") },
        { sub: "kestrel", ...at, path: "/for-feedback", title: "feedback-title" },
        { sub: "robin", ...at, type: "feedback", path: "/for-feedback", score: 3 },
        { sub: "kestrel", ...at, path: "/for-behaviour", title: "behaviour-title" },
        { sub: "robin", ...at, type: "leave", path: "/for-behaviour", engagedMs: 5, consents: true },
        { sub: "kestrel", ...at, path: "/under-hold", title: "held-title", ...guide("held-guide") },
        { sub: "dee", partner: "brook", ...at, path: "/of-brook", title: "brook-title" },
      );
      await plain.settle();
      await plain.service.warehouse.execute({
        sql: `INSERT INTO held SELECT 'engagement', partner, toFixedString('another', 16), event_id, at, epoch,
          '{"path":"/under-hold","resource":"held-guide"}' FROM engagement WHERE path = '/under-hold'`,
      });
      const mark = "only-kestrel";
      expect(findFiles(plain.dataDir, mark).length).toBeGreaterThan(1); // the search sees it
      const certificate = await erasePeople(plain.service, asked("kestrel"), "wren", plain.io);
      expect(certificate).toMatchObject({ titles: 3, files_left: 0 });
      expect(toCertificateLines(certificate)).toContain("  addresses and titles that nobody else was shown: 3");
      expect(findFiles(plain.dataDir, mark)).toEqual([]);
      const left = await plain.rows<{ name: string }>(
        "SELECT concat(partner, ' ', kind, ' ', id) AS name FROM resources FINAL ORDER BY name",
      );
      expect(left.map(({ name }) => name)).toEqual([
        "acme page /for-behaviour",
        "acme page /for-feedback",
        "acme page /shared-path",
        "acme page /under-hold",
        "acme resource held-guide",
        "acme resource shared-guide",
        "brook page /of-brook",
      ]);
      // Opened anew by somebody else, an address has its title again.
      await plain.send({ sub: "robin", at: "2026-11-20T11:59:00Z", path: "/only-kestrel-path", title: "anew" });
      await plain.settle();
      expect(await plain.rows("SELECT title FROM resources FINAL WHERE id = '/only-kestrel-path'")).toEqual([
        { title: "anew" },
      ]);
    } finally {
      await plain[Symbol.asyncDispose]();
    }
  });

  it("keeps out what is sent again or late, and lets the person begin anew", async () => {
    await house.send({ sub: "kestrel", at: "2026-11-19T10:00:00Z", id: anEventId(1) });
    await house.settle();
    expect(await count("kestrel")).toBe(0);
    house.at("2026-11-20T12:10:00Z");
    await house.send({ sub: "kestrel", at: "2026-11-20T12:05:00Z", id: anEventId(3) });
    await house.settle();
    expect(await count("kestrel")).toBe(1);
    expect(await enforceJournal(house.service)).toMatchObject({ erasedRows: 0, restated: 0, erasuresFinished: 0 });
    expect(await count("kestrel")).toBe(1);
  });

  it("reaches rows that a fast clock has dated into the future", async () => {
    await house.send({ sub: "swift", at: "2026-11-20T12:13:00Z" });
    await house.settle();
    expect(await count("swift")).toBe(1);
    await erasePeople(house.service, asked("swift"), "wren", house.io);
    expect(await count("swift")).toBe(0);
  });

  it("re-states the closed records whose figures change, with the reason, and no other", async () => {
    const search = { type: "search", term: "x", at: "2026-11-18T09:00:00Z", received: "2026-11-18T09:00:00Z" } as const;
    for (const sub of ["wagtail", "dunnock"])
      await house.send({ sub, ...search }, { sub, partner: "brook", ...search });
    await house.settle();
    const november = parseMonth("2026-11") as Month; // a month
    await closeMonth(house.service, november);
    await closeMonth(house.service, OCTOBER);
    const before = await readRecord(house.service.warehouse, november, "acme");
    const certificate = await erasePeople(house.service, asked("wagtail"), "wren", house.io);
    expect(certificate.records).toEqual([{ partner: "acme", month: "2026-11", version: 2 }]);
    const after = await readRecord(house.service.warehouse, november, "acme");
    expect(after).toMatchObject({ version: 2, reason: "erasure" });
    expect(before?.figures.active_people).toBeGreaterThan(1);
    expect(after?.figures.active_people).toBe(Number(before?.figures.active_people) - 1);
    expect(await readRecord(house.service.warehouse, november, "brook")).toMatchObject({ version: 1 });
    expect(await readRecord(house.service.warehouse, OCTOBER, "acme")).toMatchObject({ version: 1 });
  });

  it("takes many people at once, also such as nothing is held about", async () => {
    const subs = Array.from({ length: 300 }, (_, index) => `many-${index}`);
    await house.send(
      ...subs.slice(0, 200).map((sub) => ({ sub, at: "2026-11-17T09:00:00Z", received: "2026-11-17T09:00:00Z" })),
    );
    await house.settle();
    const certificate = await erasePeople(house.service, asked(...subs), "wren", house.io);
    expect(certificate).toMatchObject({ people: 300, found: 200 });
    expect(certificate.tables[0]).toEqual({ table: "engagement", before: 200, after: 0 });
  });

  it("erases subscribers and public accounts without any Partner's instruction", async () => {
    await house.send({
      sub: "heron",
      acct: "subscriber",
      at: "2026-11-17T09:00:00Z",
      received: "2026-11-17T09:00:00Z",
    });
    await house.settle();
    const people = { acct: "subscriber", partner: "", subs: ["heron"] } as const;
    const certificate = await erasePeople(house.service, { people }, "wren", house.io);
    expect(certificate.tables[0]).toEqual({ table: "engagement", before: 1, after: 0 });
  });
});

describe("an erasure that is killed", () => {
  const steps = ["decide", "wait for what", "find", "delete", "empty", "count closed", "disk", "verify"];
  it.each(steps)("at the step %s is finished by the night, and by the same command again", async (step) => {
    for (const way of ["night", "again"]) {
      const sub = `killed-${step}-${way}`;
      // On a clock that stands still nobody could tell which run was the last.
      house.at(new Date(house.service.clock.nowMs() + 60_000).toISOString());
      await house.send({
        sub,
        at: "2026-11-16T09:00:00Z",
        received: "2026-11-16T09:00:00Z",
        path: `/${sub}`,
        title: "k",
      });
      await house.settle();
      await closeMonth(house.service, parseMonth("2026-11") as Month); // a month
      house.onStep = (label) => {
        if (label.includes(step)) throw new Error("killed");
      };
      await expect(erasePeople(house.service, asked(sub), "wren", house.io)).rejects.toThrow("killed");
      house.onStep = () => {};
      const [run] = await house.rows<{ subject: string }>(
        "SELECT subject FROM runs WHERE kind = 'erasure' AND outcome = 'begun' ORDER BY started_at DESC LIMIT 1",
      );
      if (way === "night") {
        const enforced = await enforceJournal(house.service);
        expect(enforced.erasuresFinished).toBe(1);
        if (step === "decide") continue; // nothing was decided: nobody was erased
      } else {
        const certificate = await erasePeople(
          house.service,
          { ...asked(sub), request: run?.subject ?? "" },
          "wren",
          house.io,
        );
        expect(certificate.tables[0]).toEqual({ table: "engagement", before: 1, after: 0 });
        expect(certificate.records).toHaveLength(1);
      }
      expect(await count(sub)).toBe(0);
      expect(await house.rows(`SELECT id FROM resources WHERE position(id, '${sub}') > 0`)).toEqual([]);
      expect(findMarks(`${house.dataDir}/log`, [house.toRef(sub)]).filter((file) => !file.includes("journal"))).toEqual(
        [],
      );
      const [due] = await house.rows<{ c: string }>(
        "SELECT count() AS c FROM (SELECT id FROM runs WHERE kind = 'restatement' GROUP BY id HAVING countIf(outcome != 'due') = 0)",
      );
      expect(Number(due?.c)).toBe(0);
      expect(await enforceJournal(house.service)).toMatchObject({ erasedRows: 0, restated: 0 });
    }
  });
});

describe("an erasure that may not be", () => {
  const audits = async (refused: string) =>
    house.rows<{ actor: string; subject: string }>(
      `SELECT actor, subject FROM audit WHERE action = 'subject.erase' AND detail = '{"refused":"${refused}"}'`,
    );

  it.each([
    ["brook", "no_instruction", 'instruction "rights" must be on file'],
    ["nowhere", "partner_unknown", "no Partner of that id is on file"],
  ])("is refused for %s with the reason, and noted: %s", async (partner, code, words) => {
    const people = { acct: "partner", partner, subs: ["robin"] } as const;
    await expect(erasePeople(house.service, { people }, "wren", house.io)).rejects.toThrow(words);
    // A word that is on no file may be anything, also somebody's name.
    const subject = code === "partner_unknown" ? "unknown" : partner;
    expect(await audits(code)).toEqual([{ actor: "wren", subject }]);
  });

  it("is refused while a legal hold is on", async () => {
    const hold = {
      kind: "hold",
      id: "case-9",
      partner: "acme",
      reference: "order 9",
      atMs: house.service.clock.nowMs(),
    } as const;
    await house.service.decide([{ ...hold, on: true }]);
    await expect(erasePeople(house.service, asked("robin"), "wren", house.io)).rejects.toThrow('"case-9" (order 9)');
    expect(await audits("legal_hold")).toHaveLength(1);
    await house.service.decide([{ ...hold, on: false }]);
    expect(await count("robin")).toBe(1);
  });

  it.each([
    ["R-2026-nobody", "request_unknown"],
    ["", "request_unknown"],
  ])("is refused under the request %s", async (request, code) => {
    await expect(erasePeople(house.service, { ...asked("robin"), request }, "wren", house.io)).rejects.toMatchObject({
      code,
    });
  });
});
