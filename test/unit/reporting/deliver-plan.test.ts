import { describe, expect, it } from "vitest";
import {
  type ClosedVersion,
  DELIVERY_DAYS_MAX,
  type LedgerEntry,
  type Officer,
  planDeliveries,
} from "../../../reporting/deliver-plan.ts";
import { type EpochMs, type Month, toEpochMs } from "../../../schemas/ids.ts";

const at = (text: string): EpochMs => toEpochMs(Date.parse(text));
const CLOSED = at("2026-11-03T00:10:00Z");
const NOW = at("2026-11-03T12:00:00Z");
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const month = (text: string) => text as Month; // literals of the right form

const aVersion = (changes: Partial<ClosedVersion> = {}): ClosedVersion => ({
  partner: "acme",
  month: month("2026-10"),
  version: 1,
  closedMs: CLOSED,
  isProvisional: false,
  ...changes,
});
const anOfficer = (officer: string, partner = "acme"): Officer => ({
  partner,
  officer,
  name: officer,
  email: `${officer}@${partner}.example`,
});
const anEntry = (changes: Partial<LedgerEntry> = {}): LedgerEntry => ({
  partner: "acme",
  month: month("2026-10"),
  version: 1,
  officer: "ann",
  begun: 1,
  failed: 0,
  lastMs: NOW,
  isSent: false,
  isRefused: false,
  reason: "",
  ...changes,
});
const plan = (facts: {
  readonly versions?: readonly ClosedVersion[];
  readonly officers?: readonly Officer[];
  readonly ledger?: readonly LedgerEntry[];
  readonly nowMs?: EpochMs;
}) => planDeliveries({ nowMs: NOW, versions: [aVersion()], officers: [anOfficer("ann")], ledger: [], ...facts });

describe("planDeliveries()", () => {
  it.each<[string, Partial<LedgerEntry> | undefined, string]>([
    ["is due if nothing was tried", undefined, "due"],
    ["is due if it was begun and nobody knows how that ended", {}, "due"],
    ["is sent once the server has taken it", { isSent: true }, "sent"],
    ["stays sent, whatever else was noted", { isSent: true, isRefused: true, failed: 3 }, "sent"],
    ["is refused for good", { isRefused: true }, "refused"],
    ["stays refused, however often it failed before", { isRefused: true, failed: 3 }, "refused"],
    ["waits after a failure", { failed: 1 }, "waiting"],
    ["is due again at once where nobody's mail was taken", { begun: 7, failed: 0 }, "due"],
  ])("a version %s", (_, entry, state) => {
    expect(plan({ ledger: entry === undefined ? [] : [anEntry(entry)] })).toMatchObject([{ state }]);
  });

  it.each([
    [1, 10],
    [2, 20],
    [3, 40],
    [4, 80],
    [5, 160],
    [6, 320],
    [7, 360],
    [8, 360],
    [500, 360],
  ])("tries after failure %i again in %i minutes", (failed, minutes) => {
    const ledger = [anEntry({ failed })];
    const nextMs = NOW + minutes * MINUTE_MS;
    expect(plan({ ledger })).toMatchObject([{ state: "waiting", nextMs }]);
    expect(plan({ ledger, nowMs: toEpochMs(nextMs - 1) })).toMatchObject([{ state: "waiting" }]);
    expect(plan({ ledger, nowMs: toEpochMs(nextMs) })).toMatchObject([{ state: "due" }]);
  });

  it("gives up what is not sent 45 days after the close, and not a moment before", () => {
    const endMs = CLOSED + DELIVERY_DAYS_MAX * 24 * HOUR_MS;
    expect(plan({ nowMs: toEpochMs(endMs) })).toMatchObject([{ state: "due" }]);
    expect(plan({ nowMs: toEpochMs(endMs + 1) })).toMatchObject([{ state: "given up" }]);
    const sent = [anEntry({ isSent: true })];
    expect(plan({ nowMs: toEpochMs(endMs + 1), ledger: sent })).toMatchObject([{ state: "sent" }]);
  });

  it.each<[string, readonly ClosedVersion[], readonly Officer[]]>([
    ["a month that was closed before it was over", [aVersion({ isProvisional: true })], [anOfficer("ann")]],
    ["a Partner without officers", [aVersion()], []],
    ["a Partner whose officers are all others'", [aVersion()], [anOfficer("ann", "brook")]],
    ["nothing closed", [], [anOfficer("ann")]],
  ])("plans nothing of %s", (_, versions, officers) => {
    expect(plan({ versions, officers })).toEqual([]);
  });

  it("gives each officer of each Partner their own, and nobody another's", () => {
    const officers = [anOfficer("ann"), anOfficer("bob"), anOfficer("cat", "brook")];
    const planned = plan({ versions: [aVersion(), aVersion({ partner: "brook" })], officers });
    expect(planned.map(({ partner, email }) => [partner, email])).toEqual([
      ["acme", "ann@acme.example"],
      ["acme", "bob@acme.example"],
      ["brook", "cat@brook.example"],
    ]);
  });

  it("knows who had an earlier version, and that others had none", () => {
    const ledger = [anEntry({ isSent: true }), anEntry({ officer: "bob", isRefused: true })];
    const officers = [anOfficer("ann"), anOfficer("bob"), anOfficer("dan")];
    const planned = plan({ versions: [aVersion({ version: 2 })], officers, ledger });
    expect(planned.map(({ officer, state, isRepeat }) => [officer, state, isRepeat])).toEqual([
      ["ann", "due", true],
      ["bob", "due", false],
      ["dan", "due", false],
    ]);
  });

  it("does not take the mail of another month, Partner or officer for this one", () => {
    const others = [{ month: month("2026-09") }, { partner: "brook" }, { officer: "bob" }];
    const ledger = others.map((other) => anEntry({ isSent: true, ...other }));
    expect(plan({ ledger })).toMatchObject([{ state: "due", isRepeat: false, begun: 0 }]);
  });

  it("takes who was tried least first, then the oldest month, so that nobody whose mail fails holds up another", () => {
    const versions = [aVersion({ month: month("2026-11") }), aVersion(), aVersion({ partner: "brook" })];
    const officers = [anOfficer("ann"), anOfficer("bob"), anOfficer("cat", "brook")];
    const ledger = [anEntry({ begun: 2 }), anEntry({ officer: "cat", partner: "brook", begun: 1 })];
    expect(plan({ versions, officers, ledger }).map((one) => [one.begun, one.month, one.officer])).toEqual([
      [0, "2026-10", "bob"],
      [0, "2026-11", "ann"],
      [0, "2026-11", "bob"],
      [1, "2026-10", "cat"],
      [2, "2026-10", "ann"],
    ]);
  });

  it("says why the last try failed and when it was", () => {
    const ledger = [anEntry({ failed: 1, reason: "the mail server does not take the mail now (451)" })];
    expect(plan({ ledger })).toMatchObject([
      { reason: "the mail server does not take the mail now (451)", lastMs: NOW, closedMs: CLOSED },
    ]);
  });
});
