import { describe, expect, it } from "vitest";
import { type Command, parseArguments, toCommandHelp } from "../../../api/command.ts";
import { UsageError } from "../../../api/command-io.ts";
import { COMMANDS } from "../../../api/commands.ts";

const command: Command = {
  name: "record",
  summary: "Write a record.",
  operands: [{ name: "MONTH", prose: "yyyy-mm" }],
  flags: [
    { name: "format", value: "FORMAT", initial: "pdf", choices: ["pdf", "json"], prose: "How." },
    { name: "site", value: "SITE", required: true, prose: "Which." },
    { name: "all", prose: "Everything." },
    { name: "partner", value: "ID", isList: true, prose: "May be given more than once." },
  ],
  on: "nothing",
  run: async () => 0,
};

describe("parseArguments()", () => {
  it("gives operands, flags with their defaults, and switches", () => {
    expect(parseArguments(command, ["2026-10", "--site", "www", "--all"])).toEqual({
      operands: { MONTH: "2026-10" },
      flags: { format: "pdf", site: "www" },
      switches: new Set(["all"]),
    });
  });

  it("joins a flag that may be given more than once", () => {
    const words = ["2026-10", "--site", "www", "--partner", "a", "--partner", "b"];
    expect(parseArguments(command, words).flags.partner).toBe("a,b");
  });

  it.each([
    ["a missing operand", ["--site", "www"], /MONTH is missing/],
    ["a missing flag", ["2026-10"], /--site SITE is required/],
    ["an unknown flag", ["2026-10", "--site", "www", "--nope"], /--nope/],
    ["a value that is not among the choices", ["2026-10", "--site", "www", "--format", "doc"], /"doc".*pdf, json/],
    ["a flag that is given twice", ["2026-10", "--site", "a", "--site=b"], /--site is given more than once/],
    ["a switch that is given twice", ["2026-10", "--site", "a", "--all", "--all"], /--all is given more than once/],
    ["one word too many", ["2026-10", "more", "--site", "www"], /"more"/],
  ])("refuses %s with what to write instead", (_, words, message) => {
    expect(() => parseArguments(command, words)).toThrow(UsageError);
    expect(() => parseArguments(command, words)).toThrow(message);
  });
});

describe("toCommandHelp()", () => {
  it.each(COMMANDS.map((one) => [one.name, one] as const))("tells every flag and operand of %s", (_, one) => {
    const help = toCommandHelp(one);
    for (const { name } of one.operands) expect(help).toMatch(new RegExp(`${name} .*`));
    for (const { prose } of one.operands) expect(help).toContain(prose);
    for (const { name, prose } of one.flags) {
      expect(help).toContain(`--${name}`);
      expect(help).toContain(prose);
    }
  });
});
