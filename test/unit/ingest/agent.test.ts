import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAgentReader, toAgent } from "../../../ingest/agent.ts";

const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
const IPAD =
  "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1";
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

describe("toAgent()", () => {
  it.each([
    ["a telephone", IPHONE, { device: "mobile", browser: "Safari", os: "iOS", robot: false }],
    ["a tablet", IPAD, { device: "tablet", browser: "Safari", os: "iOS", robot: false }],
    ["a desk", FIREFOX, { device: "desktop", browser: "Firefox", os: "Linux", robot: false }],
  ])("tells %s", (_, text, agent) => {
    expect(toAgent(text)).toEqual(agent);
  });

  it.each([
    "Googlebot/2.1 (+http://www.google.com/bot.html)",
    "curl/8.5.0",
    "python-requests/2.32",
    "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/141.0.0.0 Safari/537.36",
    "",
    "   ",
  ])("takes '%s' for a robot", (text) => {
    expect(toAgent(text).robot).toBe(true);
  });

  it("repeats nothing of a user agent that it does not know", () => {
    const agent = toAgent("john.smith@example.org/1.0 (020 7946 0958) secret");
    expect({ ...agent, robot: false }).toEqual({ device: "other", browser: "", os: "", robot: false });
  });

  it("answers only words of its own lists, for any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { device, browser, os } = toAgent(`planted${text} planted/1.0 planted`);
        return ![device, browser, os].some((word) => word.includes("planted"));
      }),
    );
  });
});

describe("createAgentReader()", () => {
  it("gives the same object for the same user agent, and reads only the first 512 characters", () => {
    const read = createAgentReader();
    expect(read(FIREFOX)).toBe(read(FIREFOX));
    expect(read(FIREFOX.padEnd(600, "x"))).toBe(read(FIREFOX.padEnd(700, "x")));
  });
});
