import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { releaseHold, setHold } from "../../api/clocks/holds.ts";
import type { RightsAsked } from "../../api/rights/act.ts";
import { enforceJournal } from "../../api/rights/enforce.ts";
import { setInstruction } from "../../api/rights/instructions.ts";
import { lookUpPeople } from "../../api/rights/lookup.ts";
import { type AskedCorrection, rectifyPeople } from "../../api/rights/rectify.ts";
import { readRequest } from "../../api/rights/requests.ts";
import { closeMonth } from "../../reporting/close.ts";
import { readRecord } from "../../reporting/records.ts";
import { type Month, parseMonth } from "../../schemas/ids.ts";
import { openRightsHouse, type RightsHouse, type Use } from "../fixtures/rights-house.ts";

const NOVEMBER = parseMonth("2026-11") as Month; // a month
const WEBINAR = { id: "w-1", title: "Safer recruitment", kind: "webinar" };
let house: RightsHouse;

beforeAll(async () => {
  house = await openRightsHouse();
  await house.hurry();
});
afterAll(() => house[Symbol.asyncDispose]());

const asked = (...subs: string[]): RightsAsked => ({ people: { acct: "partner", partner: "acme", subs } });
const rectify = (correction: AskedCorrection, ...subs: string[]) =>
  rectifyPeople(house.service, { ...asked(...subs), correction }, "wren", house.io);

/** One use of everything, on a day of November. */
const everything = (sub: string, more: Partial<Use> = {}): readonly Use[] => {
  const common = { sub, at: "2026-11-18T10:00:00Z", consents: true, dept: "Sience", ...more };
  const resource = { id: "g-1", type: "guide", full: true };
  return [
    { ...common, resource },
    { ...common, type: "search", term: "neglect" },
    { ...common, type: "leave", engagedMs: 1_000 },
    { ...common, type: "feedback", score: 4, resource },
    { ...common, type: "attendance", event: WEBINAR, minutes: 40 },
  ];
};

/** What each table has of somebody, in a word a row. */
async function readHeld(sub: string, partner = "acme"): Promise<readonly string[]> {
  const theirs = house.toPseudonyms(sub, partner).map(({ pseudonym }) => `'${pseudonym}'`);
  const where = `WHERE partner = '${partner}' AND lower(hex(pseudonym)) IN (${theirs})`;
  const rows = await house.rows<{ told: string }>(
    `SELECT concat('engagement ', type, ' ', dept, ' ', resource) AS told FROM engagement ${where}
     UNION ALL SELECT concat('behaviour ', type) FROM behaviour ${where}
     UNION ALL SELECT concat('feedback ', resource) FROM feedback ${where}
     UNION ALL SELECT concat('attendance ', event, ' ', dept) FROM attendance ${where}`,
  );
  return rows.map(({ told }) => told.trimEnd()).toSorted();
}

const record = (partner = "acme") => readRecord(house.service.warehouse, NOVEMBER, partner);

describe("rectification of the department", () => {
  it("corrects what is stored, also at events, and nobody else's; what comes later says what the site says", async () => {
    await house.send(...everything("kestrel"), ...everything("robin"));
    const report = await rectify({ dept: "Science" }, "kestrel");
    expect(report).toMatchObject({ people: 1, corrected: ["dept"], rows: 3, by: "wren" });
    const corrected = [
      "attendance w-1 Science",
      "behaviour leave",
      "engagement page_view Science g-1",
      "engagement search Science",
      "feedback g-1",
    ];
    expect(await readHeld("kestrel")).toEqual(corrected);
    expect(await readHeld("robin")).toEqual(corrected.map((told) => told.replace("Science", "Sience")));
    house.at("2026-11-20T12:10:00Z");
    await house.send({ sub: "kestrel", dept: "History" });
    await house.settle();
    expect(await readHeld("kestrel")).toContain("engagement page_view History");
    expect(await readRequest(house.service, report.request)).toMatchObject({ kind: "rectification", state: "done" });
  });

  it("changes nothing when the night enforces it again, and takes a department away", async () => {
    const before = await readHeld("kestrel");
    expect(await enforceJournal(house.service)).toMatchObject({ rectifiedRows: 0 });
    expect(await readHeld("kestrel")).toEqual(before);
    house.at("2026-11-20T12:20:00Z");
    await rectify({ dept: "" }, "kestrel");
    expect(await readHeld("kestrel")).toContain("attendance w-1");
  });
});

describe("rectification of a resource", () => {
  it("makes uses of one uses of another in every table, and counts the closed record again with the reason", async () => {
    await closeMonth(house.service, NOVEMBER);
    const { version, figures } = (await record()) ?? { version: 0, figures: undefined };
    house.at("2026-11-20T12:30:00Z");
    const report = await rectify({ resource: { from: "g-1", to: "g-2" } }, "kestrel");
    expect(report.rows).toBe(2);
    expect(await readHeld("kestrel")).toEqual(expect.arrayContaining(["engagement page_view  g-2", "feedback g-2"]));
    expect(await readHeld("robin")).toEqual(expect.arrayContaining(["feedback g-1"]));
    expect(report.records).toEqual([{ partner: "acme", month: "2026-11", version: version + 1 }]);
    const after = await record();
    expect(after).toMatchObject({ version: version + 1, reason: "rectification" });
    expect(after?.figures.active_people).toBe(figures?.active_people);
    expect(JSON.stringify(after)).toContain("g-2");
  });
});

describe("a move to another Partner", () => {
  it.each<[string, string, RightsAsked["people"], RegExp]>([
    ["its Partner has not instructed us", "brook", asked("kestrel").people, /people of "brook".*must be on file/],
    ["its Partner is not on file", "nowhere", asked("kestrel").people, /no Partner of that id/],
    ["it is the same Partner", "acme", asked("kestrel").people, /only to another Partner/],
    [
      "they are nobody's people",
      "acme",
      { acct: "subscriber", partner: "", subs: ["x"] },
      /only rows of one Partner's/,
    ],
  ])("is refused where %s, and noted", async (_, moveTo, people, reason) => {
    const asks = { people, correction: { moveTo } };
    await expect(rectifyPeople(house.service, asks, "wren", house.io)).rejects.toThrow(reason);
    const [last] = await house.rows<{ action: string; detail: string }>(
      "SELECT action, detail FROM audit WHERE action = 'subject.rectify' ORDER BY at DESC, detail DESC LIMIT 1",
    );
    expect(last?.action).toBe("subject.rectify");
    expect(await readHeld("kestrel")).toHaveLength(6);
  });

  it("is refused under a legal hold on either Partner", async () => {
    await setInstruction(house.service, { partner: "brook", scope: "rights", on: true, reference: "letter 9" }, "wren");
    for (const partner of ["acme", "brook"]) {
      const hold = await setHold(house.service, { partner, reference: "order 9" }, "wren");
      await expect(rectify({ moveTo: "brook" }, "kestrel")).rejects.toMatchObject({ code: "legal_hold" });
      await releaseHold(house.service, hold.id, "wren");
    }
    expect(await readHeld("kestrel", "brook")).toEqual([]);
  });

  it("takes every row of the person along, events attended and what rests on consent too, and nobody else's", async () => {
    await house.send({ sub: "robin", partner: "brook", at: "2026-11-18T10:00:00Z", type: "search", term: "x" });
    await house.settle();
    await closeMonth(house.service, NOVEMBER);
    const before = await readHeld("kestrel");
    const robins = await readHeld("robin");
    const active = {
      acme: (await record())?.figures.active_people,
      brook: (await record("brook"))?.figures.active_people,
    };
    house.at("2026-11-20T12:40:00Z");
    const report = await rectify({ moveTo: "brook" }, "kestrel");
    expect(await readHeld("kestrel", "brook")).toEqual(before);
    expect(await readHeld("kestrel")).toEqual([]);
    expect(await readHeld("robin")).toEqual(robins);
    expect(report.records.map(({ partner, month }) => `${partner} ${month}`).toSorted()).toEqual([
      "acme 2026-11",
      "brook 2026-11",
    ]);
    expect((await record())?.figures.active_people).toBe(Number(active.acme) - 1);
    expect((await record("brook"))?.figures.active_people).toBe(Number(active.brook) + 1);
    expect(await record("brook")).toMatchObject({ reason: "rectification" });
    // Found there by the rights, and no longer here.
    const look = async (partner: string) => {
      const people = { acct: "partner", partner, subs: ["kestrel"] } as const;
      const report = await lookUpPeople(house.service, { people }, "wren", house.io);
      return report.people[0]?.tables.reduce((sum, { rows }) => sum + rows, 0);
    };
    expect([await look("acme"), await look("brook")]).toEqual([0, before.length]);
  });

  it("keeps the department that was corrected before, and changes nothing when it is enforced again", async () => {
    const there = await readHeld("kestrel", "brook");
    expect(there).toContain("attendance w-1");
    expect(await enforceJournal(house.service)).toMatchObject({ rectifiedRows: 0, restated: 0 });
    expect(await readHeld("kestrel", "brook")).toEqual(there);
  });

  it("takes a restriction along", async () => {
    const person = { ref: house.toRef("dunnock"), ptn: "acme" };
    await house.send(...everything("dunnock"));
    await house.settle();
    house.at("2026-11-20T12:50:00Z");
    await house.service.decide([{ kind: "restriction", atMs: house.clock.nowMs(), ...person, on: true }]);
    await rectify({ moveTo: "brook" }, "dunnock");
    await enforceJournal(house.service);
    const shown = await house.rows<{ c: string }>(
      `SELECT toString(count()) AS c FROM engagement_v1 WHERE pseudonym IN (${house.toPseudonyms("dunnock", "brook").map(({ pseudonym }) => `'${pseudonym}'`)})`,
    );
    expect(shown).toEqual([{ c: "0" }]);
    expect(await readHeld("dunnock", "brook")).toHaveLength(5);
  });
});

it("a correction writes nothing that a beacon could not: what looks like a person is masked", async () => {
  house.at("2026-11-20T13:00:00Z");
  await rectify(
    { dept: "Team of wren@planted.example", resource: { from: "g-1", to: "wren@planted.example" } },
    "robin",
  );
  const held = await readHeld("robin");
  expect(held.join("\n")).not.toContain("planted.example");
  expect(held).toEqual(expect.arrayContaining(["attendance w-1 Team of [masked]", "feedback [masked]"]));
});

it("a correction that says nothing is refused", async () => {
  await expect(rectify({}, "robin")).rejects.toThrow(/say what/);
});
