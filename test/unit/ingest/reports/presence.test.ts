import { describe, expect, it } from "vitest";
import { parseDurationS, toEmails, toNames } from "../../../../ingest/reports/presence.ts";

describe("parseDurationS()", () => {
  it.each([
    ["1h 27m 51s", 5_271],
    ["1h27m51s", 5_271],
    ["45m", 2_700],
    ["8s", 8],
    ["2h", 7_200],
    ["1 hr 5 min", 3_900],
    ["1:05:03", 3_903],
    ["55", 3_300],
    ["55.5", 3_330],
    ["55 min", 3_300],
    ["0", 0],
  ])("reads %s", (text, seconds) => {
    expect(parseDurationS(text)).toBe(seconds);
  });

  it.each(["", "h", "-5", "about an hour", "5m 1h", "1:5", "123456"])("says that %s is no length", (text) => {
    expect(parseDurationS(text)).toBeUndefined();
  });
});

describe("toNames()", () => {
  it.each<[string, readonly string[]]>([
    ["Wren Kestrel", ["Wren Kestrel"]],
    ["Dunlin, Jay (External)", ["Dunlin, Jay"]],
    ["Wren (Wren Kestrel)", ["Wren", "Wren Kestrel"]],
    ["Wren Kestrel (Unverified)(Guest)", ["Wren Kestrel"]],
    ["", []],
  ])("takes the names out of %s", (cell, names) => {
    expect(toNames(cell)).toEqual(names);
  });
});

describe("toEmails()", () => {
  it("keeps what is an address, in small letters, once", () => {
    expect(toEmails("Wren@Example.org", "", "mailto:wren@example.org", "4477****", "b@example.org")).toEqual([
      "wren@example.org",
      "b@example.org",
    ]);
  });
});
