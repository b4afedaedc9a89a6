import { describe, expect, it } from "vitest";
import { parseContacts } from "../../../../ingest/reports/contacts.ts";
import { someContacts } from "../../../fixtures/reports.ts";

const find = someContacts(
  "wren@example.org,Wren Kestrel,u-1,acme,Policy",
  "wk@example.org,,u-1,acme,",
  "jay@example.org,Jay Dunlin,u-2,brook,",
  "other@example.org,Jay Dunlin,u-3,brook,",
  ",Avery Plover,u-4,brook,",
);

describe("parseContacts()", () => {
  it.each<[string, readonly string[], readonly string[], unknown]>([
    ["an address", ["wren@example.org"], [], { sub: "u-1", acct: "partner", ptn: "acme", dept: "Policy" }],
    [
      "a second address",
      ["nobody@example.org", "wk@example.org"],
      [],
      { sub: "u-1", acct: "partner", ptn: "acme", dept: "" },
    ],
    ["a name, the other way round", [], ["plover, AVERY"], expect.objectContaining({ sub: "u-4" })],
    ["an address before a name", ["jay@example.org"], ["Avery Plover"], expect.objectContaining({ sub: "u-2" })],
    [
      "a name behind an address that is not known",
      ["x@example.org"],
      ["Wren Kestrel"],
      expect.objectContaining({ sub: "u-1" }),
    ],
    ["nobody by a name that two have", [], ["Jay Dunlin"], "several"],
    ["nobody by an address that is not there", ["x@example.org"], ["Nobody"], "not_in_contacts"],
    ["nobody by nothing", [], [], "no_address"],
  ])("finds %s", (_, emails, names, found) => {
    expect(find({ emails, names })).toEqual(found);
  });

  it("takes subscribers and public accounts where acct says so", () => {
    const more = parseContacts(Buffer.from("email,user,acct\nwren@example.org,u-1,Subscriber\n"));
    expect(typeof more === "function" && more({ emails: ["wren@example.org"], names: [] })).toEqual({
      sub: "u-1",
      acct: "subscriber",
      ptn: "",
      dept: "",
    });
  });

  it.each<[string, string, number, RegExp]>([
    ["without a user column", "email,partner\nwren@example.org,acme\n", 1, /heading must have user/],
    ["with an unknown column", "email,user,shoe size\n", 1, /heading must have user/],
    ["without a Partner", "email,user\nwren@example.org,u-1\n", 2, /partner must be filled, or acct/],
    ["with another kind of account", "email,user,acct\nwren@example.org,u-1,king\n", 2, /acct "king" must be one of/],
    ["with columns changed about", "email,user,acct\nx@example.net,u,wren@example.org\n", 2, /acct "\[masked\]" must/],
    [
      "with a public account of a Partner",
      "email,user,acct,partner\nwren@example.org,u,public,acme\n",
      2,
      /for no other/,
    ],
    ["without a user", "email,user,partner\nwren@example.org,,acme\n", 2, /user must be filled/],
    ["without address and name", "email,name,user,partner\n,,u-1,acme\n", 2, /email or name must be filled/],
    [
      "with an address of two users",
      "email,user,partner\na@example.org,u-1,acme\na@example.org,u-2,acme\n",
      3,
      /line 2/,
    ],
  ])("refuses a file %s, and quotes nobody", (_, text, line, problem) => {
    const outcome = parseContacts(Buffer.from(text));
    expect(outcome).toEqual({ problems: [{ line, problem: expect.stringMatching(problem) }] });
    expect(JSON.stringify(outcome)).not.toMatch(/example\.org|u-1|wren/);
  });
});
