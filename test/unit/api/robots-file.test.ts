import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openRobots } from "../../../api/robots-file.ts";

const folder = mkdtempSync(join(tmpdir(), "roebuck-robots-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("openRobots()", () => {
  it("reads the list again when the file has changed, and keeps the one before if it cannot", () => {
    const robotsFile = join(folder, "robots.json");
    const said: string[] = [];
    const say = (sentence: string) => void said.push(sentence);
    let elapsedMs = 0;
    writeFileSync(robotsFile, '[{"pattern":"one"}]');
    const robots = openRobots({ robotsFile }, { info: say, warn: say }, () => elapsedMs);
    const first = robots();
    expect([first?.("One"), first?.("two")]).toEqual([true, false]);
    writeFileSync(robotsFile, '[{"pattern":"two!?"}]');
    expect(robots()).toBe(first);
    elapsedMs = 10_000;
    expect(robots()?.("two")).toBe(true);
    writeFileSync(robotsFile, "broken");
    elapsedMs = 20_000;
    expect(robots()?.("two")).toBe(true);
    rmSync(robotsFile);
    elapsedMs = 30_000;
    expect(robots()?.("two")).toBe(true);
    const unread = "the list of robots cannot be read; the one before stays in force";
    expect(said).toEqual(["the list of robots has changed", unread, unread]);
  });

  it("refuses the start with a list that cannot be used, and has none without a setting", () => {
    const say = () => {};
    expect(openRobots({ robotsFile: "" }, { info: say, warn: say })()).toBeUndefined();
    const robotsFile = join(folder, "none.json");
    expect(() => openRobots({ robotsFile }, { info: say, warn: say })).toThrow(
      `Cannot use ROEBUCK_ROBOTS_FILE="${robotsFile}": it must be a file that can be read.`,
    );
  });
});
