import { describe, expect, it } from "vitest";
import { parseSettings, parseSites, toVariable } from "../../../schemas/settings.ts";

describe("parseSettings()", () => {
  it("gives the defaults where nothing is set", () => {
    expect(parseSettings({})).toMatchObject({ dataDir: "./data", port: 8080, peopleMin: 5, retentionDays: 365 });
  });

  it("takes a value from the environment", () => {
    expect(parseSettings({ ROEBUCK_DATA_DIR: "/srv/roebuck", ROEBUCK_PORT: "0" })).toMatchObject({
      dataDir: "/srv/roebuck",
      port: 0,
    });
  });

  it.each([
    ["ROEBUCK_PORT", "http", "0 to 65535"],
    ["ROEBUCK_PORT", "70000", "0 to 65535"],
    ["ROEBUCK_RETENTION_DAYS", "366", "1 to 365"],
    ["ROEBUCK_LOG_LEVEL", "loud", "error, warn, info, debug"],
  ])("refuses %s=%s with the name, the value and what is allowed", (name, value, allowed) => {
    const outcome = parseSettings({ [name]: value });
    expect("problems" in outcome && outcome.problems[0]).toContain(`${name}="${value}"`);
    expect("problems" in outcome && outcome.problems[0]).toContain(allowed);
  });

  it("refuses a name that is no setting, so that a slip of the pen is seen", () => {
    expect(parseSettings({ ROEBUCK_DATADIR: "x" })).toMatchObject({
      problems: [expect.stringContaining("ROEBUCK_DATADIR")],
    });
    expect(parseSettings({ ROEBUCK_TEST_KAFKA: "x" })).not.toHaveProperty("problems");
  });

  it("lists everything that is wrong at once", () => {
    expect(parseSettings({ ROEBUCK_PORT: "x", ROEBUCK_LOG_LEVEL: "y" })).toMatchObject({
      problems: [expect.any(String), expect.any(String)],
    });
  });
});

describe("toVariable()", () => {
  it("writes a setting's name as the environment does", () => {
    expect(toVariable("ratePerPerson")).toBe("ROEBUCK_RATE_PER_PERSON");
  });
});

describe("parseSites()", () => {
  it("reads sites and their origins", () => {
    expect(parseSites("www=https://www.example.org https://example.org; intranet=http://in:8080")).toEqual([
      { id: "www", origins: ["https://www.example.org", "https://example.org"] },
      { id: "intranet", origins: ["http://in:8080"] },
    ]);
  });

  it.each([
    ["", "names no site"],
    ["www", "at least one origin"],
    ["WWW=https://a.example", 'site id "WWW"'],
    ["www=https://a.example/path", "without a path"],
    ["www=https://a.example/", "without a path"],
    ["www=a.example", "scheme and host"],
    ["www=https://a.example;www=https://b.example", "twice"],
  ])("refuses %j with a sentence", (text, sentence) => {
    expect(parseSites(text)).toContain(sentence);
  });
});
