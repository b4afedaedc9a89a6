import { describe, expect, it, test } from "vitest";
import {
  allowsTry,
  type Breaker,
  type BreakerEvent,
  CLOSED_BREAKER,
  reduceBreaker,
} from "../../../../ingest/log/kafka-breaker.ts";

const limits = { failuresMax: 2, firstWaitMs: 100, waitMsMax: 300 };
const tried: BreakerEvent = { what: "tried" };
const succeeded: BreakerEvent = { what: "succeeded" };
const failedAt = (nowMs: number, random = 0): BreakerEvent => ({ what: "failed", nowMs, random });

function after(...events: readonly BreakerEvent[]): Breaker {
  return events.reduce((breaker, event) => reduceBreaker(breaker, event, limits), CLOSED_BREAKER);
}

describe("reduceBreaker()", () => {
  it.each<[string, readonly BreakerEvent[], Breaker]>([
    ["stays closed at the first failure", [failedAt(0)], { state: "closed", failures: 1 }],
    ["forgets failures at a success", [failedAt(0), succeeded], CLOSED_BREAKER],
    ["opens at the second failure", [failedAt(0), failedAt(50)], { state: "open", untilMs: 150, waitMs: 100 }],
    ["waits up to half less by chance", [failedAt(0), failedAt(0, 0.5)], { state: "open", untilMs: 75, waitMs: 100 }],
    ["lets a probe through", [failedAt(0), failedAt(0), tried], { state: "probing", waitMs: 100 }],
    ["closes when the probe succeeds", [failedAt(0), failedAt(0), tried, succeeded], CLOSED_BREAKER],
    [
      "waits twice as long when the probe fails",
      [failedAt(0), failedAt(0), tried, failedAt(200)],
      { state: "open", untilMs: 400, waitMs: 200 },
    ],
    [
      "never waits longer than the longest wait",
      [failedAt(0), failedAt(0), tried, failedAt(0), tried, failedAt(0), tried, failedAt(0)],
      { state: "open", untilMs: 300, waitMs: 300 },
    ],
  ])("%s", (_, events, breaker) => {
    expect(after(...events)).toEqual(breaker);
  });
});

test("allowsTry() refuses only while the breaker is open and its wait is not over", () => {
  const open = after(failedAt(0), failedAt(0));
  expect([allowsTry(CLOSED_BREAKER, 0), allowsTry(open, 99), allowsTry(open, 100)]).toEqual([true, false, true]);
  expect(allowsTry(reduceBreaker(open, tried, limits), 100)).toBe(true);
});
