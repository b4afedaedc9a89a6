import { describe, expect, it } from "vitest";
import { refuseOutsideReach, toRefusedFunctions } from "../../../../../transform/warehouse/embedded/read-access.ts";

const refused = toRefusedFunctions(["file", "url", "numbers", "newTableFunction"]);
const look = (tree: string, database?: string) => () => refuseOutsideReach({ user: "an", database }, tree, refused);

describe("toRefusedFunctions()", () => {
  it("refuses every table function that is not known to be harmless", () => {
    expect([refused.has("newtablefunction"), refused.has("url"), refused.has("numbers")]).toEqual([true, true, false]);
  });
});

describe("refuseOutsideReach()", () => {
  it.each([
    "  Function file (children 1)",
    "  Function URL (alias x) (children 1)",
    "   TableIdentifier /etc/passwd",
    "   TableIdentifier default./etc/passwd (alias p)",
    " Identifier http://x",
    "   TableIdentifier system.processes",
    "   TableIdentifier SYSTEM.Query_Log (alias q)",
  ])("refuses %s", (tree) => {
    expect(look(`SelectQuery\n${tree}\n`)).toThrow("an: Not enough privileges");
  });

  it.each([
    "  Function numbers (children 1)",
    "  Function plus (children 1)",
    "  Literal '/etc/passwd'",
    "  Function concat (alias a/b) (children 1)",
    "   TableIdentifier engagement_v1",
    "   TableIdentifier processes",
    "   TableIdentifier system.columns",
    "   Identifier n (alias a/b)",
  ])("lets %s pass", (tree) => {
    expect(look(tree)).not.toThrow();
  });

  it("reads names without a database as names of the request's", () => {
    expect(look("   TableIdentifier processes", "system")).toThrow("ACCESS_DENIED");
  });
});
