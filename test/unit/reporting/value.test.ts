import { describe, expect, it } from "vitest";
import { toCostPerUse, toUtilisation, toValue } from "../../../reporting/value.ts";
import { aRecord } from "../../fixtures/a-record.ts";

const OCTOBER = { begin: "2026-10-01", end: "2026-10-31" };

function aContract(given: Partial<Parameters<typeof toCostPerUse>[0]> = {}) {
  return { fee: 3_650, currency: "GBP", contract_start: "2026-01-01", contract_end: "2026-12-31", ...given };
}

describe("toUtilisation()", () => {
  it.each([
    [null, 10, { share: null, exceeds_seats: false, absence: "no_seats" }],
    [40, 10, { share: 0.25, exceeds_seats: false, absence: null }],
    [10, 10, { share: 1, exceeds_seats: false, absence: null }],
    [3, 10, { share: 3.3333, exceeds_seats: true, absence: null }],
    [3, 0, { share: 0, exceeds_seats: false, absence: null }],
    [0, 3, { share: null, exceeds_seats: false, absence: "no_seats" }],
  ])("of %s seats with %s active people is %j", (seats, people, expected) => {
    expect(toUtilisation(seats, people)).toEqual(expected);
  });
});

describe("toCostPerUse()", () => {
  it("shares the fee of the whole contract out by its days", () => {
    expect(toCostPerUse(aContract(), 100, OCTOBER)).toEqual({
      amount: 3.1,
      fee_share: 310,
      currency: "GBP",
      absence: null,
    });
  });

  it.each([
    ["begins within the month", { contract_start: "2026-10-22" }, (3_650 / 71) * 10],
    ["ends within the month", { contract_end: "2026-10-15" }, (3_650 / 288) * 15],
    ["is of one day", { contract_start: "2026-10-09", contract_end: "2026-10-09" }, 3_650],
    ["is of three years", { contract_end: "2028-12-31" }, (3_650 / 1_096) * 31],
  ])("takes the days under contract where it %s", (_, given, share) => {
    expect(toCostPerUse(aContract(given), 1, OCTOBER).amount).toBe(Number(share.toFixed(2)));
  });

  it.each([
    ["no_fee", { fee: null }, 5],
    ["no_contract_dates", { contract_end: null }, 5],
    ["no_contract_dates", { contract_start: null }, 5],
    ["out_of_contract", { contract_end: "2026-09-30" }, 5],
    ["out_of_contract", { contract_start: "2026-11-01" }, 5],
    ["no_requests", {}, 0],
  ])("is null and says %s", (absence, given, requests) => {
    expect(toCostPerUse(aContract(given), requests, OCTOBER)).toMatchObject({ amount: null, absence });
  });
});

describe("toValue() says why there is no peer band", () => {
  it.each([
    ["no_group", "", true],
    ["few_peers", "County councils", true],
    ["not_counted", "", false],
  ])("%s, for the group %j", (absence, group, isCounted) => {
    const { partner, figures } = aRecord();
    expect(toValue({ ...partner, group }, figures, OCTOBER, [], isCounted).peers_absence).toBe(absence);
  });
});
