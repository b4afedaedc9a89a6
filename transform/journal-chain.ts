import { createHash } from "node:crypto";
import type { Decision, JournalHead, JournalRecord } from "../schemas/journal.ts";

/** An entry that this release cannot read: what it decides is not known, so nothing may go on. */
export class JournalUnreadable extends Error {
  override readonly name = "JournalUnreadable";
}

/** The journal is not what was written: an entry is missing, changed or out of place. */
export class JournalTampered extends Error {
  override readonly name = "JournalTampered";
}

/** What an entry turned out to be: `void` is one that lost a race against another writer, or came again. */
export type JournalEntry = { readonly record: JournalRecord } | "void";

/** Bytes of a hash that are remembered of each entry: enough to tell journals apart. */
const REMEMBERED_BYTES = 8;

/**
 * The hash chain of the journal: each entry carries its number and the hash of the one before, so that an entry that
 * is changed, lost or put in between is seen at the next one. A chain begins with number 1 or with a carry-over.
 */
export class JournalChain {
  #count = 0;
  #hash = "";
  /** Hashes of entries that count as not written: what stands on one of them does not either. */
  readonly #void = new Set<string>();
  /** Number of the first entry read; 0 before it. */
  #first = 0;
  /** Hash of the entry before that one. */
  #before = "";
  #remembered = Buffer.alloc(REMEMBERED_BYTES * 1_024);

  /** How far the entries read so far reach. */
  head(): JournalHead {
    return { count: this.#count, hash: this.#hash };
  }

  /** Whether the journal once ended like that. What lies before a carry-over cannot be looked at any more and counts as passed. */
  hasHead(head: JournalHead): boolean {
    const { count, hash } = head;
    if (count === 0) return true;
    if (count > this.#count) return false;
    if (count === this.#first - 1) return hash === this.#before;
    return count < this.#first || this.holds(head);
  }

  /** Whether the journal as it lies in the log has this entry, by its number and hash. One before a carry-over is not seen. */
  holds({ count, hash }: JournalHead): boolean {
    if (count > this.#count || count < this.#first || this.#first === 0) return false;
    const at = (count - this.#first) * REMEMBERED_BYTES;
    return Buffer.from(hash, "base64url")
      .subarray(0, REMEMBERED_BYTES)
      .equals(this.#remembered.subarray(at, at + REMEMBERED_BYTES));
  }

  /**
   * Takes the next entry as it lies in the log.
   *
   * @throws JournalUnreadable if it is none that this release knows
   * @throws JournalTampered if it does not follow from what came before
   */
  read(bytes: Uint8Array): JournalEntry {
    const record = parseEntry(bytes, this.#count + 1);
    const { number, prev, decision } = record;
    const begins = this.#first === 0 && decision.kind === "carried";
    if (begins) this.#anchor(record);
    if (number <= this.#count || this.#void.has(prev)) {
      const hash = toHash(bytes);
      // One that came again is no loser: the next entry stands on it.
      if (!this.holds({ count: number, hash })) this.#void.add(hash);
      return "void";
    }
    if (number !== this.#count + 1 || prev !== this.#hash) throw toTampered(this.#count, number);
    this.#move(bytes);
    return { record };
  }

  /** The entries that these decisions become if they are appended now; with `carrying`, the first is a `carried` and the others belong to it. Does not move the chain. */
  next(decisions: readonly Decision[], carrying = false): readonly Uint8Array[] {
    let { count: number, hash: prev } = this.head();
    const carried = number + 1;
    return decisions.map((decision) => {
      number += 1;
      const carry = carrying && number > carried ? { carry: carried } : {};
      const record: JournalRecord = { v: 1, number, prev, decision, ...carry };
      const bytes = new TextEncoder().encode(JSON.stringify(record));
      prev = toHash(bytes);
      return bytes;
    });
  }

  /** A journal may begin with a carry-over: it says how far the one before it reached. */
  #anchor({ number, prev, decision }: JournalRecord): void {
    if (decision.kind !== "carried" || decision.count !== number - 1 || decision.head !== prev) {
      throw toTampered(0, number);
    }
    this.#count = decision.count;
    this.#hash = decision.head;
    this.#before = decision.head;
  }

  #move(bytes: Uint8Array): void {
    this.#count += 1;
    this.#hash = toHash(bytes);
    if (this.#first === 0) this.#first = this.#count;
    const at = (this.#count - this.#first) * REMEMBERED_BYTES;
    if (at === this.#remembered.length) {
      this.#remembered = Buffer.concat([this.#remembered, Buffer.alloc(this.#remembered.length)]);
    }
    this.#remembered.set(Buffer.from(this.#hash, "base64url").subarray(0, REMEMBERED_BYTES), at);
  }
}

/** Tells whether an entry begins a carry-over. Pure. */
export function isCarried(bytes: Uint8Array): boolean {
  return parseEntry(bytes, 0).decision.kind === "carried";
}

/** SHA-256 of an entry's bytes, base64url. Pure. */
export function toHash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url");
}

function toTampered(count: number, number: number): JournalTampered {
  const end = count === 0 ? "nothing before it" : `entry ${count} before it`;
  return new JournalTampered(
    `Cannot trust the journal: entry ${number} does not follow from ${end}; entries were changed or lost. Put the journal back with \`roebuck restore --journal\`.`,
  );
}

const KINDS: Readonly<Record<Decision["kind"], true>> = {
  partner: true,
  consent: true,
  objection: true,
  restriction: true,
  erasure: true,
  removal: true,
  rectification: true,
  forgotten: true,
  instruction: true,
  key: true,
  hold: true,
  carried: true,
  carried_end: true,
};

/** Fails closed: an entry of a newer release may be somebody's objection. */
function parseEntry(bytes: Uint8Array, expected: number): JournalRecord {
  let record: unknown;
  try {
    record = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    record = undefined;
  }
  if (isRecord(record)) return record;
  throw new JournalUnreadable(
    `Cannot read the journal at entry ${expected}: it must be one that this release knows; start a release that is at least as new as the one that wrote it`,
  );
}

function isRecord(record: unknown): record is JournalRecord {
  if (typeof record !== "object" || record === null) return false;
  const { v, number, prev, decision } = record as Record<string, unknown>; // looked at below
  if (v !== 1 || !isPlace(number) || typeof prev !== "string") return false;
  if (typeof decision !== "object" || decision === null) return false;
  const { kind } = decision as { kind?: unknown }; // looked at below
  return typeof kind === "string" && Object.hasOwn(KINDS, kind);
}

function isPlace(number: unknown): boolean {
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 1;
}
