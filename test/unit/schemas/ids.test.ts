import { describe, expect, it } from "vitest";
import { type Month, parseEventId, parseMonth, toMonthOffset } from "../../../schemas/ids.ts";

describe("parseMonth()", () => {
  it.each(["2026-01", "2026-12"])("takes %s", (text) => expect(parseMonth(text)).toBe(text));
  it.each(["2026-13", "2026-00", "2026-1", "26-01", "2026-01-01", "", " 2026-01"])("refuses %j", (text) =>
    expect(parseMonth(text)).toBeUndefined(),
  );
});

describe("toMonthOffset()", () => {
  it.each([
    ["2026-01", -1, "2025-12"],
    ["2026-12", 1, "2027-01"],
    ["2026-03", -13, "2025-02"],
    ["2026-03", 0, "2026-03"],
  ])("moves %s by %i to %s", (from, offset, to) => expect(toMonthOffset(from as Month, offset)).toBe(to)); // literals of the right form
});

describe("parseEventId()", () => {
  it("takes a UUID in either case and gives it in lower case", () => {
    expect(parseEventId("0190B2A0-7C3F-7D11-8A55-0123456789AB")).toBe("0190b2a0-7c3f-7d11-8a55-0123456789ab");
  });
  it.each(["", "x", "0190b2a07c3f7d118a550123456789ab", "0190b2a0-7c3f-7d11-8a55-0123456789ag"])("refuses %j", (text) =>
    expect(parseEventId(text)).toBeUndefined(),
  );
});
