import { describe, expect, test } from "vitest";
import type { Origin } from "../../../schemas/event.ts";
import { toEpochMs } from "../../../schemas/ids.ts";
import { dropOutsideClock } from "../../../transform/clock.ts";
import { DAY_MS, HOUR_MS, LIMITS, NOW } from "../../fixtures/transform-events.ts";

const MINUTE_MS = 60_000;

describe("dropOutsideClock()", () => {
  const cases: readonly [string, Origin, number, object][] = [
    ["keeps the time of an event a second old", "beacon", -1_000, { kept: NOW - 1_000 }],
    ["keeps an event exactly 72 hours old", "beacon", -72 * HOUR_MS, { kept: NOW - 72 * HOUR_MS }],
    ["drops an event a millisecond older than that", "beacon", -72 * HOUR_MS - 1, { dropped: "too_old" }],
    ["drops an old event from the other wire too", "matomo", -80 * HOUR_MS, { dropped: "too_old" }],
    ["keeps what a server tells later", "server", -80 * HOUR_MS, { kept: NOW - 80 * HOUR_MS }],
    ["drops what a server tells after more than a year", "server", -365 * DAY_MS - 1, { dropped: "expired" }],
    ["keeps imported history", "import", -300 * DAY_MS, { kept: NOW - 300 * DAY_MS }],
    ["drops imported history of more than a year", "import", -365 * DAY_MS - 1, { dropped: "expired" }],
    ["turns a clock 4 minutes ahead back to the receipt", "beacon", 4 * MINUTE_MS, { kept: NOW }],
    ["turns a clock exactly 5 minutes ahead back too", "beacon", 5 * MINUTE_MS, { kept: NOW }],
    ["drops a clock a millisecond further ahead", "beacon", 5 * MINUTE_MS + 1, { dropped: "in_future" }],
    ["drops an import from the future", "import", DAY_MS, { dropped: "in_future" }],
    ["drops a clock of 1970", "beacon", -NOW, { dropped: "too_old" }],
    ["drops a clock of 2100", "beacon", Date.UTC(2100, 0, 1) - NOW, { dropped: "in_future" }],
    ["drops a clock 25 hours ahead", "beacon", 25 * HOUR_MS, { dropped: "in_future" }],
  ];
  test.each(cases)("%s", (_, origin, offsetMs, verdict) => {
    expect(dropOutsideClock({ atMs: toEpochMs(NOW + offsetMs), receivedMs: NOW, origin }, LIMITS, NOW)).toEqual(
      verdict,
    );
  });

  test("drops as expired what has waited in the log for a year", () => {
    const nowMs = toEpochMs(NOW + 366 * DAY_MS);
    const verdict = dropOutsideClock({ atMs: NOW, receivedMs: NOW, origin: "beacon" }, LIMITS, nowMs);
    expect(verdict).toEqual({ dropped: "expired" });
  });
});
