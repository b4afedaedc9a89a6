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
    ['[{"pattern":"("}]', 'pattern 1, "(", must be a regular expression.'],
  ])("says what must be of %s", (text, sentence) => {
    expect(parseRobots(text)).toBe(sentence);
  });

  it("takes a file with a byte order mark, and an entry that does not know when it changed", () => {
    const test = parseRobots('\ufeff[{"pattern":"curl","last_changed":null},{"pattern":"wget"}]');
    expect(test).toBeTypeOf("function");
  });

  it.each([
    "(a+)+$",
    "(?:\\w*)*x",
    "([a-z]+\\s?)+$",
    "(a|aa)+$",
    "(a|a?)*!",
    "((ab?)*)*c",
    "(?<name>a*){9}b",
    "(?=(a+)+$)b",
    "(x+x+)+y",
    "[)]((a+)+)$",
    "\\((a+)+$",
    ".*.*.*x",
    "^.*.*.*.*x",
    "a?".repeat(30) + "a".repeat(30),
    "(a|a)".repeat(40),
    "(?:(?:(?:){1000}){1000}){1000}",
  ])("refuses %s, which a user agent could keep busy", (pattern) => {
    const text = JSON.stringify([{ pattern: "bot" }, { pattern }]);
    expect(parseRobots(text)).toMatch(`pattern 2, ${JSON.stringify(pattern)}, must be simpler: `);
  });

  it.each([
    "Alexandria(\\s|\\+)prototype(\\s|\\+)project",
    "^java\\/\\d{1,2}.\\d",
    "^Mozilla\\/4\\.5\\+\\[en]\\+\\(Win98;\\+I\\)$",
    "^\\%?default\\%?$",
    "(?:^|[^g])news(?!sapphire)",
    "[(+*]bot|{curl}|a{,b",
    "(?:foo)+bar",
    "(?<!cu)bot.*\\d+",
    "^Mozilla.*Windows.*bot.*",
    "bot|crawl|spider|".repeat(25),
  ])("takes %s, and is done with any user agent in no time", (pattern) => {
    const test = toTest(pattern);
    const startMs = performance.now();
    for (const userAgent of ["a", "aB1/ ", "Mozilla Windows bo", "(+1.", "bot"])
      test(`${userAgent.repeat(512).slice(0, 511)}!`);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  it("is done with the slowest that it takes within a second or two", () => {
    const startMs = performance.now();
    for (const pattern of ["\\w*\\w*x", "^\\w*\\w*\\w*x"]) toTest(pattern)(`${"a".repeat(511)}!`);
    expect(performance.now() - startMs).toBeLessThan(3_000);
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
