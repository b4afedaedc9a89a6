import { describe, expect, it } from "vitest";
import { FEWEST_QUERY, KIND_NAMES, KINDS, PEOPLE_QUERY, toCountQuery } from "../../../../api/breach/questions.ts";
import { PERSON_TABLE_NAMES } from "../../../../api/rights/person-set.ts";

describe("what a breach asks", () => {
  it("is asked of every table that holds rows of people", () => {
    expect(KIND_NAMES.toSorted()).toEqual(PERSON_TABLE_NAMES.toSorted());
    for (const kind of KIND_NAMES) expect(PEOPLE_QUERY).toContain(`FROM ${kind} WHERE`);
  });

  it("tells rows under a hold apart by each table that they can come from", () => {
    const sources = KINDS.held.categories.map(({ where }) => /'(\w+)'/.exec(where)?.[1]);
    expect(sources.toSorted()).toEqual(["attendance", "behaviour", "engagement", "feedback"]);
  });

  it.each(KIND_NAMES)("of %s answers sums alone", (kind) => {
    const query = toCountQuery(kind);
    expect(query.split("GROUP BY")[1]?.trim()).toBe("partner, account, epoch");
    expect(query).not.toMatch(/(?:any|arg\w+|group\w+|hex|min|max)\(pseudonym/);
  });

  it("counts the fewest people over all that one pseudonym is used for", () => {
    for (const table of ["engagement", "attendance"]) expect(FEWEST_QUERY).toContain(`FROM ${table} WHERE`);
    for (const table of ["behaviour", "feedback"]) expect(FEWEST_QUERY).not.toContain(table);
  });
});
