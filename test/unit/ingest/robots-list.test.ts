import { describe, expect, it } from "vitest";
import { createAgentReader, toAgent } from "../../../ingest/agent.ts";
import { parseRobots, type RobotTest } from "../../../ingest/robots-list.ts";
import { DESKTOP } from "../../fixtures/collector.ts";

const toTest = (...patterns: string[]): RobotTest => {
  const test = parseRobots(JSON.stringify(patterns.map((pattern) => ({ pattern, last_changed: "2026-11-01" }))));
  if (typeof test === "string") throw new Error(test);
  return test;
};

describe("parseRobots()", () => {
  it.each([
    ["^Buck\\/[0-9]", "Buck/2.3", true],
    ["^Buck\\/[0-9]", "My Buck/2.3", false],
    ["[^a]fish", "Catfish-Reader", true],
    ["curl|wget", "WGET 1.1", true],
    ["link.?check", DESKTOP, false],
  ])("takes %s to mean %s: %s", (pattern, userAgent, isRobot) => {
    expect(toTest(pattern)(userAgent)).toBe(isRobot);
  });

  it.each([
    ["rubbish", "it must be JSON."],
    ["{}", 'it must be an array of {"pattern", "last_changed"}; see the whole.'],
    [
      '[{"pattern":"a"},{"last_changed":"x"}]',
      'it must be an array of {"pattern", "last_changed"}; see entry 2, pattern.',
    ],
    ['[{"pattern":"("}]', "pattern 1 must be a regular expression."],
  ])("says what must be of %s", (text, sentence) => {
    expect(parseRobots(text)).toBe(sentence);
  });
});

describe("toAgent()", () => {
  it.each(["HeadlessChrome/141.0.0.0", "PhantomJS/2.1", "jsdom/22.1.0", "Playwright/1.40", "HeadlessEdg/120"])(
    "takes %s for a robot",
    (name) => {
      expect(toAgent(`Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) ${name}`).robot).toBe(
        true,
      );
    },
  );

  it("takes a person's browser for none, also where it is driven by a test", () => {
    expect(toAgent(DESKTOP).robot).toBe(false);
  });
});

describe("createAgentReader()", () => {
  it("forgets what it knew of user agents when the list changes", () => {
    let list: RobotTest | undefined;
    const read = createAgentReader(() => list);
    expect(read(DESKTOP).robot).toBe(false);
    list = toTest("Windows NT");
    expect(read(DESKTOP).robot).toBe(true);
    list = undefined;
    expect(read(DESKTOP).robot).toBe(false);
  });
});
