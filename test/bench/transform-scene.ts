import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import type { Decision } from "../../schemas/journal.ts";
import type { LogRecord } from "../../schemas/ports.ts";
import type { PipelineFacts } from "../../transform/pipeline.ts";
import { PseudonymBook } from "../../transform/pseudonym.ts";
import {
  aJournal,
  aPartner,
  aPartnerDecision,
  aRecord,
  DAY_MS,
  NOW,
  someFacts,
  someKeys,
} from "../fixtures/transform-events.ts";
import { someTraffic } from "../fixtures/transform-traffic.ts";

/** Partners of the traffic, as `someTraffic` names them. */
export const PARTNERS = Array.from({ length: 200 }, (_, number) => `partner-${number}`);

/** A key file's content for all Partners. */
export function benchKeyFile(): string {
  const secret = (number: number) => Buffer.alloc(32, number).toString("base64url");
  const salts = Object.fromEntries(["", ...PARTNERS].map((partner, number) => [partner, secret(number)]));
  return JSON.stringify({ v: 1, epochs: [{ epoch: 1, from: "", root: secret(1) }], salts });
}

/** The journal's decisions for all Partners. */
export function partnerDecisions(): Decision[] {
  return PARTNERS.map((id) => aPartnerDecision({ id }));
}

/** What the pipeline needs to know of the traffic. */
export function benchFacts(): PipelineFacts {
  const journal = aJournal(...PARTNERS.map((id) => aPartner({ id })));
  return someFacts({ journal, pseudonyms: new PseudonymBook(someKeys(...PARTNERS)) });
}

/** A record, and how many events it holds. */
export interface CountedRecord extends LogRecord {
  readonly events: number;
}

/** Sealed records of believable traffic over so many days before that of `nowMs`. */
export function benchRecords(days: number, eventsPerDay: number, nowMs: EpochMs = NOW): CountedRecord[] {
  const today = nowMs - (nowMs % DAY_MS);
  const traffic = someTraffic({ fromMs: toEpochMs(today - days * DAY_MS), days, eventsPerDay });
  return [...traffic].map((beacon) => ({ ...aRecord(beacon, beacon.person.ref), events: beacon.events.length }));
}
