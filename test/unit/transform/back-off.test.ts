import { describe, expect, test } from "vitest";
import { toBackOffMs, waitMs } from "../../../transform/back-off.ts";

describe("toBackOffMs()", () => {
  const backOff = { firstMs: 100, maxMs: 1_000 };
  test.each([
    [1, 0, 50],
    [1, 0.999, 100],
    [2, 0, 100],
    [4, 0.5, 600],
    [5, 0, 500],
    [5_000, 0.5, 750],
  ])("after %i tries and a throw of %f waits %i ms", (tries, random, expected) => {
    expect(toBackOffMs(tries, backOff, random)).toBe(expected);
  });
});

describe("waitMs()", () => {
  test("ends early, without an error, when the signal aborts", async () => {
    const stopping = new AbortController();
    const waiting = waitMs(3_600_000, stopping.signal);
    stopping.abort();
    await waiting;
    await waitMs(3_600_000, stopping.signal);
  });
});
