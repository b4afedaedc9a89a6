import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Installation, newEventId, thisMonth } from "../fixtures/roebuck-process.ts";

const ROUNDS = 20;
const SENDERS = 8;
/** Fixed, so that a failure can be repeated with the same course of kills. */
const SEED = 7;

const roebuck = new Installation({ ROEBUCK_PEOPLE_MIN: "1", ROEBUCK_BATCH_WAIT_MS: "5" });
let token = "";

beforeAll(async () => {
  writeFileSync(join(roebuck.folder, "partners.csv"), "id,name,zone\nacme,Acme,UTC\n");
  await roebuck.start();
  await roebuck.ask("partners", "import", "partners.csv");
  token = (
    await roebuck.ask(
      "token",
      "mint",
      "--site",
      "www",
      "--sub",
      "u",
      "--acct",
      "partner",
      "--ptn",
      "acme",
      "--ttl",
      "12h",
    )
  ).trim();
});
afterAll(() => roebuck[Symbol.asyncDispose]());

/** Sends until told to stop; answers the ids that were answered with 202. What was not answered is sent again, as the beacon does. */
async function sendUntil(signal: AbortSignal, sender: number, acked: Set<string>, sent: Set<string>): Promise<void> {
  for (let _number = 0; !signal.aborted; _number += 1) {
    const id = newEventId();
    sent.add(id);
    // Searches know no double-clicks, so each counts by itself.
    const event = {
      id,
      type: "search",
      at: Date.now(),
      url: "https://www.example.org/search",
      query: `word ${sender}`,
    };
    for (let tries = 0; tries < 2; tries += 1) {
      const answer = await roebuck
        .send({ v: 1, site: "www", token, sent_at: Date.now(), events: [event] })
        .catch(() => undefined);
      if (answer?.status === 202) acked.add(id);
      if (answer !== undefined) break;
      if (signal.aborted) return;
    }
  }
}

it(`serve counts every acknowledged event once when it is killed at ${ROUNDS} random moments under load`, async () => {
  const acked = new Set<string>();
  const sent = new Set<string>();
  let state = SEED;
  for (let round = 0; round < ROUNDS; round += 1) {
    state = (state * 48_271) % 2_147_483_647;
    const stop = new AbortController();
    const senders = Array.from({ length: SENDERS }, (_, sender) => sendUntil(stop.signal, sender, acked, sent));
    await new Promise((resolve) => setTimeout(resolve, 100 + (state % 700)));
    await roebuck.end("SIGKILL");
    stop.abort();
    await Promise.all(senders);
    await roebuck.start();
  }
  expect(acked.size).toBeGreaterThan(ROUNDS * SENDERS);
  await roebuck.ask("close", thisMonth());
  const stored = await roebuck.ask("sql", "SELECT DISTINCT event_id FROM engagement", "--format", "TSV");
  const ids = new Set(stored.trim().split("\n"));
  expect([...acked].filter((id) => !ids.has(id))).toEqual([]);
  expect([...ids].filter((id) => !sent.has(id))).toEqual([]);
  const record = JSON.parse(await roebuck.ask("record", thisMonth(), "acme", "--format", "json"));
  expect(record.figures.Searches_Platform).toBe(ids.size);
  expect(record.how_counted.received).toBe(ids.size);
  // Not only the figures: the rows themselves are there once, although batches were repeated.
  expect(await roebuck.ask("sql", "SELECT count() FROM engagement", "--format", "TSV")).toBe(`${ids.size}\n`);
});
