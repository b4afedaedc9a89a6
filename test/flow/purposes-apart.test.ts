import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { erasePeople } from "../../api/rights/erase.ts";
import { lookUpPeople } from "../../api/rights/lookup.ts";
import type { AccountKind, EventType } from "../../schemas/event.ts";
import type { ConsentPurpose } from "../../schemas/journal.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";
import { newEventId } from "../fixtures/roebuck-process.ts";

const TABLES = ["engagement", "attendance", "behaviour", "feedback"] as const;
const NOBODY = "0".repeat(32);
let house: RightsHouse;
let minutes = 0;
/** Events by a name that the test gave them. */
const names = new Map<string, string>();

beforeAll(async () => {
  house = await openRightsHouse();
});
afterAll(() => house[Symbol.asyncDispose]());

/** Lets a minute pass, in which somebody says yes or no. */
async function choose(
  sub: string,
  purpose: ConsentPurpose,
  granted: boolean,
  acct: AccountKind = "partner",
): Promise<void> {
  minutes += 1;
  house.at(new Date(Date.parse("2026-11-20T12:00:00Z") + minutes * 60_000).toISOString());
  const person = { ref: house.toRef(sub, "acme", acct), ptn: acct === "partner" ? "acme" : "" };
  const atMs = house.clock.nowMs();
  await house.service.decide([
    { kind: "consent", ...person, purpose, granted, atMs, wording: "2026-11", source: "api" },
  ]);
}

/** Lets a minute pass, in which somebody does what the names say: `leave 1` is a leave. */
async function act(sub: string, acct: AccountKind, ...does: readonly string[]): Promise<void> {
  minutes += 1;
  house.at(new Date(Date.parse("2026-11-20T12:00:00Z") + minutes * 60_000).toISOString());
  const uses = does.map((name) => {
    const id = newEventId();
    names.set(id, name);
    const type = name.split(" ")[0] as EventType; // the test writes only such names
    const event = type === "attendance" ? { event: { id: "w-1", title: "", kind: "webinar" }, minutes: 30 } : {};
    return { sub, acct, type, id: id as never, ...event };
  });
  await house.send(...uses);
  await house.settle();
}

/** Who each event is stored under, by its name. */
async function readWho(): Promise<ReadonlyMap<string, string>> {
  const rows = await house.rows<{ id: string; who: string }>(
    TABLES.map((table) => `SELECT toString(event_id) AS id, lower(hex(pseudonym)) AS who FROM ${table}`).join(
      " UNION ALL ",
    ),
  );
  return new Map(rows.map(({ id, who }) => [names.get(id) ?? "unnamed", who]));
}

describe("what is kept of one person", () => {
  let who: ReadonlyMap<string, string>;
  const of = (name: string) => who.get(name) ?? `${name} is not stored`;

  beforeAll(async () => {
    await act("kestrel", "partner", "page_view 0", "attendance 0", "leave 0", "feedback 0");
    await choose("kestrel", "behaviour", true);
    await act("kestrel", "partner", "page_view 1", "leave 1", "feedback 1");
    await choose("kestrel", "feedback", true);
    await act("kestrel", "partner", "page_view 2", "attendance 2", "leave 2", "click 2", "feedback 2");
    await choose("kestrel", "feedback", false);
    await act("kestrel", "partner", "leave 3", "feedback 3");
    await choose("kestrel", "feedback", true);
    await act("kestrel", "partner", "leave 4", "feedback 4");
    await choose("kestrel", "behaviour", false);
    await act("kestrel", "partner", "page_view 5", "leave 5", "feedback 5");
    await choose("kestrel", "behaviour", true);
    await act("kestrel", "partner", "leave 6", "feedback 6");
    who = await readWho();
  });

  it("for engagement has one pseudonym through all choices, also at events", () => {
    const engagement = ["page_view 0", "page_view 1", "page_view 2", "page_view 5", "attendance 0", "attendance 2"];
    expect(new Set(engagement.map(of)).size).toBe(1);
    expect(of("page_view 0")).toMatch(/^[0-9a-f]{32}$/);
  });

  it("for behaviour and feedback has none that is also one of engagement", () => {
    const engaged = of("page_view 0");
    const others = [...who].filter(([name]) => /^(?:leave|click|feedback)/.test(name)).map(([, one]) => one);
    expect(others.length).toBeGreaterThan(10);
    expect(others).not.toContain(engaged);
  });

  it("for feedback has none before that is agreed to, and none once it is withdrawn", () => {
    for (const name of ["feedback 0", "feedback 1", "feedback 3"]) expect([name, of(name)]).toEqual([name, NOBODY]);
    for (const name of ["leave 0", "leave 5"]) expect(of(name)).toBe(`${name} is not stored`);
  });

  it("is combined with feedback between the grant and the withdrawal of either, and with nothing after it", () => {
    expect(of("feedback 2")).toBe(of("leave 2"));
    expect(of("click 2")).toBe(of("leave 2"));
    expect(of("feedback 4")).toBe(of("leave 4"));
    expect(of("feedback 6")).toBe(of("leave 6"));
    // By the time of each withdrawal what was combined before it is another than what comes after.
    const spans = [
      ["leave 1", "leave 2", "feedback 2"],
      ["leave 3", "leave 4", "feedback 4"],
      ["feedback 5"],
      ["leave 6", "feedback 6"],
    ];
    const pseudonyms = spans.map((span) => new Set(span.map(of)));
    for (const span of pseudonyms) expect(span.size).toBe(1);
    expect(new Set(pseudonyms.flatMap((span) => [...span])).size).toBe(spans.length);
  });

  it("is found whole by a look-up and goes whole by an erasure, whichever pseudonym it has", async () => {
    const asked = { people: { acct: "partner", partner: "acme", subs: ["kestrel"] } } as const;
    const linked = [...who.values()].filter((one) => one !== NOBODY).length;
    const count = async () => {
      const { people } = await lookUpPeople(house.service, asked, "wren", house.io);
      return people[0]?.tables.reduce((sum, { rows }) => sum + rows, 0);
    };
    expect(await count()).toBe(linked);
    await erasePeople(house.service, asked, "wren", house.io);
    expect(await count()).toBe(0);
    const left = [...(await readWho()).values()];
    expect(left.every((one) => one === NOBODY)).toBe(true);
    expect(left).toHaveLength(who.size - linked);
  });
});

describe("what is kept of many people", () => {
  const joined = (left: string, right: string) =>
    house
      .rows<{ c: string }>(
        `SELECT toString(count()) AS c FROM ${left} AS a INNER JOIN ${right} AS b ON a.pseudonym = b.pseudonym
         WHERE a.pseudonym != toFixedString('', 16) AND a.acct != 'public'`,
      )
      .then(([row]) => Number(row?.c));

  it("joins no engagement or attendance to behaviour or feedback, whoever asks", async () => {
    const people = Array.from({ length: 20 }, (_, index) => `person-${index}`);
    for (const sub of people) {
      await house.send(
        { sub, consents: true },
        { sub, consents: true, type: "attendance", event: { id: "w-1", title: "", kind: "webinar" }, minutes: 20 },
        { sub, consents: true, type: "leave", engagedMs: 1_000 },
        { sub, consents: true, type: "feedback", score: 5 },
        { sub, acct: "subscriber", consents: true },
        { sub, acct: "subscriber", consents: true, type: "leave", engagedMs: 1_000 },
      );
    }
    await house.settle();
    for (const left of ["engagement", "attendance"]) {
      for (const right of ["behaviour", "feedback"])
        expect([left, right, await joined(left, right)]).toEqual([left, right, 0]);
    }
    // The search would find what can be combined: what rests on consent, while it holds; and one purpose with itself.
    expect(await joined("behaviour", "feedback")).toBe(people.length);
    expect(await joined("engagement", "attendance")).toBe(people.length);
  });

  it("of a public account rests on consent as a whole: combined while it holds, never across its withdrawal", async () => {
    await choose("swift", "behaviour", true, "public");
    await act("swift", "public", "page_view p1", "leave p1");
    await choose("swift", "behaviour", false, "public");
    await act("swift", "public", "page_view p2", "leave p2");
    await choose("swift", "behaviour", true, "public");
    await act("swift", "public", "page_view p3", "leave p3");
    const who = await readWho();
    expect(who.get("page_view p1")).toBe(who.get("leave p1"));
    expect([who.get("page_view p2"), who.get("leave p2")]).toEqual([undefined, undefined]);
    expect(who.get("page_view p3")).toBe(who.get("leave p3"));
    expect(who.get("page_view p3")).not.toBe(who.get("page_view p1"));
  });
});
