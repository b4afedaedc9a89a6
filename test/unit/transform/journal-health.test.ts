import { afterEach, describe, expect, test } from "vitest";
import { followJournal } from "../../../transform/journal-follow.ts";
import { JOURNAL_BEHIND_MS_MAX, watchJournal } from "../../../transform/journal-health.ts";
import { aPartnerDecision, aRecord, decideIn } from "../../fixtures/transform-events.ts";
import { TransformMemoryLog } from "../../fixtures/transform-memory.ts";

let stopping = new AbortController();
afterEach(() => {
  stopping.abort();
  stopping = new AbortController();
});

/** A process that follows the journal of a log, with a clock that the test sets. */
async function aWatch(log: TransformMemoryLog) {
  const journal = await followJournal(log, stopping.signal);
  const scene = { nowMs: 0, reads: 0 };
  const health = watchJournal({
    journal,
    elapsedMs: () => scene.nowMs,
    signal: stopping.signal,
    onRead: () => {
      scene.reads += 1;
    },
    lookMs: 2,
  });
  const untilRead = async () => {
    const before = scene.reads;
    await expect.poll(() => scene.reads).toBeGreaterThan(before + 1); // one may have been under way
  };
  return { scene, health, untilRead };
}

describe("watchJournal()", () => {
  test("says that the journal is current as long as it can be read, however long nothing is decided", async () => {
    const { scene, health, untilRead } = await aWatch(new TransformMemoryLog());
    for (const minutes of [1, 10, 100]) {
      scene.nowMs = minutes * JOURNAL_BEHIND_MS_MAX;
      await untilRead();
      expect(health.isCurrent()).toBe(true);
    }
  });

  test("says that it is not once it could not be read for a minute, and that it is again afterwards", async () => {
    const log = new TransformMemoryLog();
    const { scene, health, untilRead } = await aWatch(log);
    await untilRead();
    log.failing.set("ends", Number.POSITIVE_INFINITY);
    scene.nowMs = JOURNAL_BEHIND_MS_MAX;
    expect(health.isCurrent()).toBe(true);
    scene.nowMs += 1;
    expect(health.isCurrent()).toBe(false);
    log.failing.set("ends", 0);
    await untilRead();
    expect(health.isCurrent()).toBe(true);
  });

  test("says that it is not once an entry came that cannot be trusted", async () => {
    const log = new TransformMemoryLog();
    await decideIn(log, aPartnerDecision());
    const { scene, health, untilRead } = await aWatch(log);
    await untilRead();
    await log.append("journal", [aRecord({ v: 1, number: 7, prev: "x", decision: aPartnerDecision() })]);
    await expect
      .poll(() => {
        scene.nowMs += JOURNAL_BEHIND_MS_MAX / 4;
        return health.isCurrent();
      })
      .toBe(false);
  });
});
