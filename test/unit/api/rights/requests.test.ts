import { describe, expect, it } from "vitest";
import { isOverdue, type RequestStep, type RightsRequest, toNextRequest } from "../../../../api/rights/requests.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";

const at = (text: string) => toEpochMs(Date.parse(text));

function aRequest(changes: Partial<RightsRequest> = {}): RightsRequest {
  return {
    id: "R-2026-7kq2mx",
    kind: "erasure",
    partner: "acme",
    acct: "partner",
    state: "open",
    verbal: false,
    openedMs: at("2026-11-24T09:00:00Z"),
    dueMs: at("2026-12-24T23:59:59.999Z"),
    extendedMs: undefined,
    acknowledgedMs: undefined,
    stoppedMs: undefined,
    closedMs: undefined,
    openedBy: "wren",
    note: "",
    certificate: "",
    ...changes,
  };
}

const step = (request: RightsRequest, one: RequestStep, time: string) => toNextRequest(request, one, at(time), "UTC");

describe("toNextRequest()", () => {
  it("stops the clock and lets it go on with the days that it stood still added", () => {
    const stopped = step(aRequest(), { kind: "stop", reason: "asked who they are" }, "2026-12-01T10:00:00Z");
    expect(stopped).toMatchObject({ state: "stopped", note: "stopped: asked who they are" });
    expect(isOverdue(stopped, at("2027-06-01T00:00:00Z"))).toBe(false);
    const resumed = step(stopped, { kind: "resume" }, "2026-12-06T10:00:00Z");
    expect(resumed).toMatchObject({ state: "open", stoppedMs: undefined, dueMs: at("2026-12-29T23:59:59.999Z") });
  });

  it("extends once, by two months, only in time and never a complaint", () => {
    const extended = step(aRequest(), { kind: "extend", reason: "many files" }, "2026-12-01T10:00:00Z");
    expect(extended.dueMs).toBe(at("2027-02-24T23:59:59.999Z"));
    const again = () => step(extended, { kind: "extend", reason: "more" }, "2026-12-02T10:00:00Z");
    expect(again).toThrow("can be done once");
    const late = () => step(aRequest(), { kind: "extend", reason: "more" }, "2027-01-02T10:00:00Z");
    expect(late).toThrow("overdue");
    const complaint = () =>
      step(aRequest({ kind: "complaint" }), { kind: "extend", reason: "m" }, "2026-12-01T10:00:00Z");
    expect(complaint).toThrow("cannot extend".replace("c", "C"));
  });

  it("closes also while the clock stands still, and does nothing with what is closed", () => {
    const stopped = step(aRequest(), { kind: "stop", reason: "who" }, "2026-12-01T10:00:00Z");
    const closed = step(
      stopped,
      { kind: "close", state: "refused", reason: "not shown who they are" },
      "2026-12-09T10:00:00Z",
    );
    expect(closed).toMatchObject({ state: "refused", stoppedMs: undefined, closedMs: at("2026-12-09T10:00:00Z") });
    expect(closed.note).toBe("stopped: who\nrefused: not shown who they are");
    expect(() => step(closed, { kind: "resume" }, "2026-12-10T10:00:00Z")).toThrow("it is refused");
  });

  it.each<[RequestStep, string]>([
    [{ kind: "resume" }, "its clock is running"],
    [{ kind: "stop", reason: "again" }, "stands still already"],
  ])("refuses what changes nothing: %o", (one, words) => {
    const request =
      one.kind === "stop" ? aRequest({ state: "stopped", stoppedMs: at("2026-12-01T00:00:00Z") }) : aRequest();
    expect(() => step(request, one, "2026-12-02T00:00:00Z")).toThrow(words);
  });
});

describe("isOverdue()", () => {
  it("is so after the last instant, and for a complaint until it was acknowledged", () => {
    expect(isOverdue(aRequest(), at("2026-12-24T23:59:59.999Z"))).toBe(false);
    expect(isOverdue(aRequest(), at("2026-12-25T00:00:00Z"))).toBe(true);
    const told = step(aRequest({ kind: "complaint" }), { kind: "acknowledge" }, "2026-12-01T00:00:00Z");
    expect(isOverdue(told, at("2027-02-25T00:00:00Z"))).toBe(false);
  });
});
