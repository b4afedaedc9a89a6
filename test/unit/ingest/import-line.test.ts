import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOrdinals, type ImportContext, toSealedImport } from "../../../ingest/import-line.ts";
import { toSubjectRef } from "../../../ingest/seal.ts";
import { NOW_MS, SEAL_KEY } from "../../fixtures/collector.ts";

const LINE = {
  sub: "user-4711",
  acct: "partner",
  ptn: "acme",
  type: "page_view",
  at: "2025-03-01T10:00:00Z",
  url: "https://old.example/guides/safe?page=2&token=x",
};

function aContext(changes: Partial<ImportContext> = {}): ImportContext {
  return {
    sealKey: SEAL_KEY,
    queryKeys: new Set(["page"]),
    site: "intranet",
    receivedMs: NOW_MS,
    ordinal: createOrdinals(),
    ...changes,
  };
}

function seal(line: unknown, context = aContext()) {
  return toSealedImport(typeof line === "string" ? line : JSON.stringify(line), context);
}

function toId(line: unknown, context = aContext()): string {
  const outcome = seal(line, context);
  if ("problems" in outcome) throw new Error(outcome.problems.join(" "));
  return outcome.sealed.events[0]?.id ?? "";
}

describe("toSealedImport()", () => {
  it.each([
    ["a field that is not known", `{"extra":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
    ["a field that is", `{"resource":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`],
  ])("refuses a line that is nested deeply in %s, whatever else it says", (_, line) => {
    expect(seal(line)).toEqual({ problems: ["The line is nested too deeply."] });
  });

  it("makes a sealed beacon of one event, at the line's own time", () => {
    const person = {
      ref: toSubjectRef(SEAL_KEY, "partner", "acme", "user-4711"),
      acct: "partner",
      ptn: "acme",
      dept: "Care",
      consent: { feedback: true },
    };
    expect(seal({ ...LINE, dept: "Care", consent: { feedback: true }, title: "Safe, j@example.org" })).toEqual({
      sealed: {
        kind: "beacon",
        v: 1,
        origin: "import",
        site: "intranet",
        receivedMs: NOW_MS,
        person,
        agent: { device: "other", browser: "", os: "", robot: false },
        country: "",
        events: [
          {
            id: expect.any(String),
            type: "page_view",
            atMs: Date.UTC(2025, 2, 1, 10),
            path: "/guides/safe?page=2",
            title: "Safe, [masked]",
          },
        ],
      },
    });
  });

  it("takes the line's site before the import's", () => {
    expect(seal({ ...LINE, site: "shop" })).toHaveProperty("sealed.site", "shop");
  });

  it("keeps an id that the line has, in lower case", () => {
    expect(toId({ ...LINE, id: "0193A000-0000-7000-8000-000000000001" })).toBe("0193a000-0000-7000-8000-000000000001");
  });

  it("gives a line without id the same UUID of version 8 each time, whatever its spaces and order", () => {
    const id = toId(LINE);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(toId(LINE)).toBe(id);
    expect(toId(` ${JSON.stringify(Object.fromEntries(Object.entries(LINE).reverse()), null, 2)}`)).toBe(id);
    expect(toId({ ...LINE, sub: "user-4712" })).not.toBe(id);
    expect(toId(LINE, aContext({ sealKey: Buffer.alloc(32, 8) }))).not.toBe(id);
  });

  it("tells lines that repeat apart, in the same way in every import", () => {
    const ids = () => {
      const context = aContext();
      return [toId(LINE, context), toId({ ...LINE, sub: "other" }, context), toId(LINE, context), toId(LINE, context)];
    };
    expect(new Set(ids()).size).toBe(4);
    expect(ids()).toEqual(ids());
  });

  it.each([
    ["no JSON", "{", ["The line is not a JSON object."]],
    ["a list", "[]", ["The line is not a JSON object."]],
    ["a number", "1", ["The line is not a JSON object."]],
    ["no person", { ...LINE, sub: undefined }, [expect.stringContaining("sub: ")]],
    ["a partner account without Partner", { ...LINE, ptn: undefined }, [expect.stringContaining("ptn must be given")]],
    ["a wrong id", { ...LINE, id: "1" }, [expect.stringContaining("id: must be a UUID")]],
    ["no address", { ...LINE, url: undefined }, [expect.stringContaining("url: ")]],
    [
      "several",
      { ...LINE, acct: "staff", at: "today" },
      [expect.stringContaining("acct: "), expect.stringContaining("at: ")],
    ],
  ])("lists what is wrong with %s", (_, line, problems) => {
    expect(seal(line)).toEqual({ problems });
  });

  it("asks for a site if there is none", () => {
    const { site: _, ...context } = aContext();
    expect(seal(LINE, context)).toEqual({ problems: ["site: must be given in the line or for the whole import."] });
  });

  it("never throws and never repeats a value in a problem", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => "problems" in seal(text)));
    const secret = "john@example.org";
    const outcome = seal({ ...LINE, acct: secret, id: secret, url: secret, at: secret, type: secret, consent: secret });
    expect(outcome).toHaveProperty("problems");
    expect(JSON.stringify(outcome)).not.toContain("john");
  });
});
