import { describe, expect, it } from "vitest";
import { AUDIT_NOTES } from "../../../api/audited.ts";
import { COMMANDS } from "../../../api/commands.ts";

describe("the audit trail", () => {
  it.each(COMMANDS.map((command) => [command.name, command] as const))("has a place for %s", (name, command) => {
    const note = AUDIT_NOTES[name];
    expect(note).toBeDefined();
    // What runs without the stores cannot note anything, so it must be of those that need not. A restore opens them itself.
    if (command.on === "nothing" && name !== "restore") expect(note).toHaveProperty("none");
  });

  it("has a place for no command that is gone", () => {
    const names = new Set(COMMANDS.map(({ name }) => name));
    expect(Object.keys(AUDIT_NOTES).filter((name) => !names.has(name))).toEqual([]);
  });
});
