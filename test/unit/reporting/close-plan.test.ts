import { describe, expect, it } from "vitest";
import { type CloseFacts, type PartnerOnFile, planClose, planSnapshots } from "../../../reporting/close-plan.ts";
import { type Month, toEpochMs } from "../../../schemas/ids.ts";

function aPartner(given: Partial<PartnerOnFile>): PartnerOnFile {
  const none = {
    name: "",
    peer_group: "",
    seats: null,
    fee: null,
    currency: "",
    contract_start: null,
    contract_end: null,
  };
  return { id: "p", zone: "Europe/London", ...none, ...given };
}

function plan(partners: readonly Partial<PartnerOnFile>[], given: Partial<CloseFacts> = {}) {
  return planClose({
    month: "2026-11" as Month, // a constant that parseMonth would accept
    nowMs: toEpochMs(Date.parse("2026-12-03T02:00:00Z")),
    partners: partners.map(aPartner),
    defaultZone: "Asia/Tokyo",
    retentionDays: 365,
    ...given,
  });
}

const at = (time: string) => ({ nowMs: toEpochMs(Date.parse(time)) });

describe("planClose()", () => {
  it.each([
    [null, null, true],
    ["2026-11-30", null, true],
    ["2026-12-01", null, false],
    [null, "2026-11-01", true],
    [null, "2026-10-31", false],
    ["2026-01-01", "2026-12-31", true],
    ["2026-11-10", "2026-11-10", true],
  ])("a contract from %s to %s: due %s", (contract_start, contract_end, isDue) => {
    expect(plan([{ contract_start, contract_end }])).toMatchObject([{ isDue }]);
  });

  it("takes the default zone where none is on file", () => {
    expect(plan([{ zone: "" }])).toMatchObject([{ zone: "Asia/Tokyo", details: { zone: "Asia/Tokyo" } }]);
  });

  it("knows for each Partner whether the month is over", () => {
    const zones = [
      { id: "east", zone: "Pacific/Kiritimati" },
      { id: "west", zone: "Pacific/Pago_Pago" },
    ];
    expect(plan(zones, at("2026-12-01T00:00:00Z"))).toMatchObject([{ isOver: true }, { isOver: false }]);
    expect(plan(zones, at("2026-12-01T11:00:00Z"))).toMatchObject([{ isOver: true }, { isOver: true }]);
  });

  it("leaves out Partners for whom the month has not begun, and refuses if it has for none", () => {
    const zones = [
      { id: "east", zone: "Pacific/Kiritimati" },
      { id: "west", zone: "Pacific/Pago_Pago" },
    ];
    expect(plan(zones, at("2026-10-31T10:00:00Z")).map(({ id }) => id)).toEqual(["east"]);
    expect(() => plan(zones, at("2026-10-31T09:59:59.999Z"))).toThrow(
      "Cannot close 2026-11: it has not begun in Pacific/Kiritimati",
    );
  });

  it("refuses from the day on which the first rows may be purged", () => {
    expect(() => plan([{}], at("2027-10-30T00:00:00.000Z"))).not.toThrow();
    expect(() => plan([{}], at("2027-10-30T00:00:00.001Z"))).toThrow("older than 365 days");
  });

  it("plans nothing where no Partner is on file", () => {
    expect(plan([])).toEqual([]);
  });
});

describe("planSnapshots()", () => {
  const partners = ["a", "b", "c", "d"].map((id) => ({ id }));
  const ids = (groups: readonly (readonly { id: string }[])[]) =>
    groups.map((group) => group.map(({ id }) => id).join(""));

  it.each([
    [{}, ["abcd"]],
    [{ a: 5, b: 5, c: 1 }, ["ab", "cd"]],
    [{ a: 99, b: 1 }, ["a", "bcd"]],
    [{ b: 99, d: 10 }, ["a", "b", "cd"]],
  ])("divides rows %j of at most 10 into %j", (rows, expected) => {
    expect(ids(planSnapshots(partners, new Map(Object.entries(rows)), 10))).toEqual(expected);
  });

  it("makes no group of no Partners", () => {
    expect(planSnapshots([], new Map())).toEqual([]);
  });
});
