import { afterAll, describe, expect, test } from "vitest";
import { type SubjectRef, toEpochMs } from "../../schemas/ids.ts";
import type { Decision } from "../../schemas/journal.ts";
import type { Log } from "../../schemas/ports.ts";
import { carryOver } from "../../transform/journal-carry.ts";
import { followJournal } from "../../transform/journal-follow.ts";
import { createDecide } from "../../transform/journal-write.ts";
import { NOW } from "../fixtures/transform-events.ts";
import { findKafka } from "../kafka/find-kafka.ts";
import { nameTopics } from "./kafka-log-fixture.ts";

const aConsent = (name: string): Decision => ({
  kind: "consent",
  ref: name as SubjectRef, // any text serves here
  ptn: "acme",
  purpose: "behaviour",
  granted: true,
  atMs: toEpochMs(NOW),
  wording: "v1",
  source: "api",
});

/** A process of its own, with its own connection. */
async function aWriter(log: Log, signal: AbortSignal) {
  const journal = await followJournal(log, signal);
  return { log, journal, decide: createDecide(log, journal) };
}

const kafka = await findKafka();
if ("skip" in kafka) {
  process.stdout.write(`${kafka.skip}\n`);
  test.skip("the journal on Kafka (no Kafka)", () => undefined);
} else {
  afterAll(() => kafka[Symbol.asyncDispose]());
  describe("the journal on Kafka", { timeout: 120_000 }, () => {
    test("has one order over processes that write at once, and one of them may begin it anew meanwhile", async () => {
      await using topics = nameTopics(kafka.brokers);
      await using opened = new AsyncDisposableStack();
      const stopping = new AbortController();
      opened.defer(() => stopping.abort());
      const writers = [];
      for (let number = 0; number < 3; number++) {
        writers.push(await aWriter(opened.use(await topics.open()), stopping.signal));
      }
      await Promise.all(
        writers.map(async ({ log, journal, decide }, writer) => {
          for (let turn = 0; turn < 5; turn++) await decide([aConsent(`p${writer}-${turn}`), aConsent(`q${turn}`)]);
          if (writer === 0) await carryOver(log, journal, NOW);
        }),
      );
      const [first] = writers;
      if (first === undefined) throw new Error("there are three");
      expect(await carryOver(first.log, first.journal, NOW)).toMatchObject({ carried: true });
      writers.push(await aWriter(opened.use(await topics.open()), stopping.signal));
      for (const { journal } of writers) {
        await journal.caughtUp();
        expect([...journal.state().people.keys()].toSorted()).toEqual([
          ...[0, 1, 2].flatMap((writer) => [0, 1, 2, 3, 4].map((turn) => `p${writer}-${turn}`)),
          ...[0, 1, 2, 3, 4].map((turn) => `q${turn}`),
        ]);
        expect(journal.head()).toEqual(first.journal.head());
      }
    });
  });
}
