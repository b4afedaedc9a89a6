import { describe, expect, it } from "vitest";
import { openCountry, parseCountry } from "../../../ingest/country.ts";
import { Metrics } from "../../../ingest/metrics.ts";
import { toProblemResponse } from "../../../ingest/problem.ts";
import { TimeLimit, TimeLimitExceeded } from "../../../ingest/time-limit.ts";
import { ERROR_CODES, ERRORS } from "../../../schemas/errors.ts";

describe("openCountry()", () => {
  it("finds the country of public addresses of both kinds, and none for private ones", async () => {
    const country = await openCountry({ countryFile: "" });
    expect(["194.83.1.1", "2001:630::1", "127.0.0.1", "10.0.0.1", "::1", "", "rubbish"].map(country)).toEqual([
      "GB",
      "GB",
      "",
      "",
      "",
      "",
      "",
    ]);
    expect(country("194.83.1.99")).toBe("GB");
  });

  it("says what must be if a file cannot be opened", async () => {
    await expect(openCountry({ countryFile: "/nowhere/x.mmdb" })).rejects.toThrow(
      'Cannot open the country database "/nowhere/x.mmdb"',
    );
  });
});

describe("parseCountry()", () => {
  it.each([
    ["gb", "GB"],
    ["DE", "DE"],
    ["XYZ", ""],
    ["", ""],
    [undefined, ""],
    ["1A", ""],
  ])("%s is %s", (text, code) => {
    expect(parseCountry(text)).toBe(code);
  });
});

describe("Metrics", () => {
  it("tells what happened in Prometheus text", () => {
    const metrics = new Metrics();
    metrics.countBody(400, 2);
    metrics.countAccepted(3, 1);
    metrics.countRefused("token_invalid");
    metrics.countRefused("token_invalid");
    metrics.countViews(5, { opted_out: 1, robot: 0, other_type: 0, implausible_time: 0, repeated: 0 });
    metrics.observeAppend(0.002);
    metrics.observeAppend(9);
    const lines = metrics.toText().split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "roebuck_beacons_accepted_total 1",
        "roebuck_events_accepted_total 3",
        "roebuck_events_rejected_total 1",
        "roebuck_body_bytes_total 400",
        "roebuck_unknown_fields_total 2",
        "roebuck_statistics_views_total 5",
        'roebuck_refused_total{code="token_invalid"} 2',
        'roebuck_events_uncounted_total{reason="opted_out"} 1',
        'roebuck_log_append_seconds_bucket{le="0.001"} 0',
        'roebuck_log_append_seconds_bucket{le="0.0025"} 1',
        'roebuck_log_append_seconds_bucket{le="5"} 1',
        'roebuck_log_append_seconds_bucket{le="+Inf"} 2',
        "roebuck_log_append_seconds_count 2",
      ]),
    );
    for (const line of lines)
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{[a-z]+="[\w.+]+"\})? [\d.]+|)$/);
  });
});

describe("toProblemResponse()", () => {
  it.each(ERROR_CODES)("%s", async (refused) => {
    const response = toProblemResponse({ refused, retryAfterS: 7 }, { vary: "Origin" });
    expect(response.status).toBe(ERRORS[refused].status);
    expect(Object.fromEntries(response.headers)).toEqual({
      vary: "Origin",
      "content-type": "application/problem+json",
      "retry-after": "7",
    });
    expect(await response.json()).toEqual({
      type: `urn:roebuck:error:${refused}`,
      title: ERRORS[refused].title,
      status: ERRORS[refused].status,
      code: refused,
      detail: ERRORS[refused].fix,
    });
  });
});

describe("TimeLimit", () => {
  it("settles as the work does, or rejects each piece when its time is up", async () => {
    const limit = new TimeLimit(30, () => performance.now());
    expect(await limit.run(Promise.resolve(1))).toBe(1);
    await expect(limit.run(Promise.reject(new TypeError("x")))).rejects.toThrow(TypeError);
    const never = () => limit.run(new Promise(() => {}));
    const first = expect(never()).rejects.toThrow(TimeLimitExceeded);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const second = expect(never()).rejects.toThrow(TimeLimitExceeded);
    expect(await limit.run(Promise.resolve(2))).toBe(2);
    await Promise.all([first, second]);
  });
});
