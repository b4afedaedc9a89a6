import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { releaseHold, setHold } from "../../api/clocks/holds.ts";
import { importPartners } from "../../api/commands/partners-import.ts";
import { planDestroy } from "../../api/keys/destroy.ts";
import { addOperator } from "../../api/keys/operators.ts";
import { runNightly } from "../../api/nightly.ts";
import type { RightsAsked } from "../../api/rights/act.ts";
import { exportPerson } from "../../api/rights/export.ts";
import { lookUpPeople } from "../../api/rights/lookup.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

// A year in which no machine's clock stands, so that the tables' own TTL does none of the work.
let house: RightsHouse;
let hold = "";
const asked: RightsAsked = { people: { acct: "partner", partner: "acme", subs: ["kestrel"] } };
const WEBINAR = { id: "w-1", title: "Safer recruitment", kind: "webinar" };
const aPartner = (id: string, contractEnd: string | null) => ({
  ...{ id, name: `Name of ${id}`, group: "", seats: null, fee: null, currency: "", zone: "UTC", officers: [] },
  ...{ contractStart: "2026-01-01", contractEnd },
});

async function night(day: string): Promise<void> {
  house.at(`${day}T02:30:00Z`);
  while (house.service.storedUntilMs() < house.clock.nowMs()) await new Promise((resolve) => setTimeout(resolve, 5));
  await runNightly(house.service, new AbortController().signal);
}
const count = async (table: string, where = "1") =>
  Number((await house.rows<{ c: string }>(`SELECT toString(count()) AS c FROM ${table} WHERE ${where}`))[0]?.c);

beforeAll(async () => {
  house = await openRightsHouse();
  await house.hurry();
  house.at("2060-03-01T12:00:00Z");
  await house.send(
    { sub: "kestrel", type: "attendance", event: WEBINAR, minutes: 41 },
    { sub: "robin", partner: "brook", type: "attendance", event: WEBINAR, minutes: 41 },
  );
  await house.settle();
});
afterAll(() => house[Symbol.asyncDispose]());

describe("attendances", { timeout: 300_000 }, () => {
  it("are counted among what a destroyed key would make anonymous", async () => {
    for (const name of ["wren", "finch"]) await addOperator(house.service, name, "wren");
    const { losses } = await planDestroy(house.service, { kind: "salt", partner: "acme" }, "wren");
    expect(losses).toEqual([{ table: "attendance", rows: 1, people: 1, from: "2060-03-01", until: "2060-03-01" }]);
  });

  it("are gone after a year, but for those under a legal hold, which no view shows and the person's rights find", async () => {
    hold = (await setHold(house.service, { partner: "acme", reference: "order 1" }, "wren")).id;
    await night("2061-02-28");
    expect(await count("attendance")).toBe(2);
    await night("2061-03-01");
    expect(await count("attendance")).toBe(0);
    expect(await count("held", "source = 'attendance' AND partner = 'acme'")).toBe(1);
    expect(await count("held", "partner = 'brook'")).toBe(0);
    expect(await count("attendance_v1")).toBe(0);
    const { people } = await lookUpPeople(house.service, asked, "wren", house.io);
    expect(people[0]?.tables.map(({ table, rows }) => [table, rows])).toEqual([
      ["held", 1],
      ["people", 1],
    ]);
    const { tables } = await exportPerson(house.service, asked, "wren", house.io);
    expect(JSON.parse(String(tables.held[0]?.body))).toMatchObject({ event: "w-1", minutes: 41 });
  });

  it("go with the night after the hold is released", async () => {
    await releaseHold(house.service, hold, "wren");
    await night("2061-03-02");
    expect(await count("held")).toBe(0);
  });

  it("of a Partner that left go with everything else of it after three years", async () => {
    house.at("2061-03-02T12:00:00Z");
    await house.send({ sub: "robin", partner: "brook", type: "attendance", event: WEBINAR, minutes: 41 });
    await house.settle();
    await setHold(house.service, { partner: "brook", reference: "order 2" }, "wren");
    await importPartners(house.service, [aPartner("brook", "2061-03-02")]);
    house.at("2061-03-03T12:00:00Z");
    // Whoever tells of one now is told that the Partner has left.
    await house.send({ sub: "robin", partner: "brook", type: "attendance", event: WEBINAR, minutes: 41 });
    await house.settle();
    expect(await count("attendance", "partner = 'brook'")).toBe(1);
    expect(await count("drops", "reason = 'partner_left' AND type = 'attendance'")).toBe(1);
    const [held = ""] = [...house.service.journal().holds.keys()];
    await releaseHold(house.service, held, "wren");
    await night("2064-03-03");
    for (const table of ["attendance", "held", "people", "drops"]) {
      expect([table, await count(table, "partner = 'brook'")]).toEqual([table, 0]);
    }
    expect(house.toPseudonyms("robin", "brook")).toEqual([]);
  });
});
