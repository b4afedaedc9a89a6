import { describe, expect, it } from "vitest";
import { ACTION_NAMES, type Action, mayDo, ROLE_NAMES, type Role } from "../../../schemas/roles.ts";

const RIGHTS: readonly Action[] = ACTION_NAMES.filter((name) => /^(?:subject|requests|instruction|hold)\./.test(name));

const FILES: readonly Action[] = ["partners.read", "partners.write", "contacts.read", "contacts.write"];

/** What each role may do, written down a second time: a change of the catalogue must be meant. */
const MAY: Readonly<Record<Role, readonly Action[]>> = {
  ingest: ["consents.tell", "attendance.tell"],
  analyst: ["views.read", "records.read", "records.early", "completeness.read"],
  officer: ["records.read", "completeness.read", "partners.read", "contacts.read", "processing.read"],
  privacy: ["consents.tell", "processing.read", "audit.read", ...RIGHTS],
  operator: [
    ...FILES,
    "operations.read",
    "months.close",
    "records.read",
    "records.early",
    "completeness.read",
    "runs.read",
  ],
  crm: [...FILES, "records.read", "completeness.read", "person.record"],
};

describe("mayDo()", () => {
  const cases = ROLE_NAMES.flatMap((role) => ACTION_NAMES.map((action) => [role, action] as const));
  it.each(cases)("says of %s and %s what the policy says", (role, action) => {
    expect(mayDo([role], action)).toBe(MAY[role].includes(action));
  });

  it("gives a key of two roles what either may, and one without a role nothing", () => {
    expect(mayDo(["officer", "ingest"], "consents.tell")).toBe(true);
    expect(mayDo(["officer", "ingest"], "subject.erase")).toBe(false);
    for (const action of ACTION_NAMES) expect(mayDo([], action)).toBe(false);
  });

  it("leaves what concerns a named person to the privacy officer alone", () => {
    for (const action of RIGHTS) expect(ROLE_NAMES.filter((role) => mayDo([role], action))).toEqual(["privacy"]);
  });
});
