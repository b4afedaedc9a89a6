import { describe, expect, it } from "vitest";
import { toEpochMs } from "../../../schemas/ids.ts";
import { type Decision, toJournalState, toPartnerStanding } from "../../../schemas/journal.ts";

const entry = (leftMs?: number): Decision => ({
  kind: "partner",
  atMs: toEpochMs(0),
  partner: {
    id: "acme",
    zone: "Europe/London",
    joinedMs: toEpochMs(1_000),
    ...(leftMs === undefined ? {} : { leftMs: toEpochMs(leftMs) }),
  },
});
const standing = (nowMs: number, ...entries: Decision[]) =>
  toPartnerStanding(toJournalState(entries), "acme", toEpochMs(nowMs));

describe("toPartnerStanding()", () => {
  it("knows no Partner that was never imported", () => expect(standing(0)).toBe("unknown"));
  it("has a Partner active while its contract runs", () => expect(standing(4_999, entry(5_000))).toBe("active"));
  it("has a Partner gone from the first moment after its contract", () =>
    expect(standing(5_000, entry(5_000))).toBe("left"));
  it("goes by the last decision: a contract that was prolonged runs on", () =>
    expect(standing(6_000, entry(5_000), entry())).toBe("active"));
});
