import { setImmediate as nextTurn } from "node:timers/promises";
import type { SealedBeacon } from "../schemas/event.ts";
import type { LogBatch, LogRecord } from "../schemas/ports.ts";
import type { DropReason } from "../schemas/verdict.ts";
import { Batch, type TableBody } from "./batch.ts";
import { type PipelineFacts, toLawfulEvent } from "./pipeline.ts";
import { toQuarantined } from "./quarantine.ts";
import { ResourceTitles } from "./resource.ts";
import { addDropRow, addLawfulRow, addNoteRow, addStatisticsRow } from "./rows.ts";
import { parseSealedRecord } from "./sealed-record.ts";

/** Most events and statistics cells of one insert: beyond that ClickHouse gains nothing and memory grows. */
export const EVENTS_PER_INSERT_MAX = 100_000;
/** Records between two turns of the event loop: a few milliseconds of work. */
const RECORDS_PER_TURN = 1_000;

/** What a range of the log came to: `events` = `kept` + the sum of `dropped`. */
export interface Outcome {
  readonly records: number;
  readonly events: number;
  readonly kept: number;
  readonly dropped: ReadonlyMap<DropReason, number>;
  readonly cells: number;
}

/** A range of the log, ready for the warehouse. */
export interface PreparedRange {
  /** The range: the batch that was given, or its beginning where the rest exceeds one insert. */
  readonly range: LogBatch;
  /** What is left of the batch, to be prepared next. */
  readonly rest: LogBatch | undefined;
  readonly bodies: readonly TableBody[];
  readonly quarantined: readonly LogRecord[];
  readonly outcome: Outcome;
}

/**
 * Turns records of the log into table bodies.
 *
 * Where the range is cut depends on nothing but the records, so that a range that is given again after a restart is
 * cut at the same place and its inserts carry the same tokens.
 */
export async function prepareRange(
  batch: LogBatch,
  facts: PipelineFacts,
  eventsMax = EVENTS_PER_INSERT_MAX,
): Promise<PreparedRange> {
  const preparation = new Preparation(batch, facts);
  let taken = 0;
  for (const record of batch.records) {
    if (!preparation.take(record, eventsMax)) break;
    taken++;
    if (taken % RECORDS_PER_TURN === 0) await nextTurn();
  }
  return { ...splitBatch(batch, taken), ...preparation.finish(taken) };
}

class Preparation {
  readonly #source: LogBatch;
  readonly #facts: PipelineFacts;
  readonly #batch = new Batch();
  readonly #titles = new ResourceTitles();
  readonly #quarantined: LogRecord[] = [];
  readonly #dropped = new Map<DropReason, number>();
  #events = 0;
  #kept = 0;
  #cells = 0;

  constructor(source: LogBatch, facts: PipelineFacts) {
    this.#source = source;
    this.#facts = facts;
  }

  /** Takes one record, or says that it does not fit any more. The first always fits. */
  take(record: LogBatch["records"][number], eventsMax: number): boolean {
    if (record.value.byteLength === 0) return true; // emptied on the log: the person was erased
    const sealed = parseSealedRecord(record.value);
    if ("unreadable" in sealed) {
      this.#quarantined.push(toQuarantined(this.#source, record, sealed.unreadable));
      return true;
    }
    if (sealed.kind === "note") {
      addNoteRow(this.#batch, sealed);
      return true;
    }
    const size = sealed.kind === "beacon" ? sealed.events.length : sealed.cells.length;
    const before = this.#events + this.#cells;
    if (before > 0 && before + size > eventsMax) return false;
    if (sealed.kind === "beacon") this.#addBeacon(sealed);
    else {
      for (const cell of sealed.cells) addStatisticsRow(this.#batch, cell);
      if (sealed.note !== undefined) addNoteRow(this.#batch, sealed.note);
      this.#cells += size;
    }
    return true;
  }

  finish(records: number): Pick<PreparedRange, "bodies" | "quarantined" | "outcome"> {
    for (const row of this.#titles.rows()) this.#batch.add("resources", row);
    return {
      bodies: this.#batch.toBodies(),
      quarantined: this.#quarantined,
      outcome: { records, events: this.#events, kept: this.#kept, dropped: this.#dropped, cells: this.#cells },
    };
  }

  #addBeacon(beacon: SealedBeacon): void {
    for (const event of beacon.events) {
      this.#events++;
      const verdict = toLawfulEvent(beacon, event, this.#facts);
      if ("reason" in verdict) {
        addDropRow(this.#batch, beacon, event, verdict);
        this.#dropped.set(verdict.reason, (this.#dropped.get(verdict.reason) ?? 0) + 1);
      } else {
        addLawfulRow(this.#batch, beacon, event, verdict);
        if (verdict.purpose === "engagement") this.#titles.add(beacon, event, verdict.atMs);
        this.#kept++;
      }
    }
  }
}

/** The two halves of a range of two records or more. Where it is cut depends on the range alone. Pure. */
export function toHalves(range: LogBatch): readonly LogBatch[] {
  const { range: first, rest } = splitBatch(range, Math.ceil(range.records.length / 2));
  return rest === undefined ? [first] : [first, rest];
}

/** The first `taken` records as a range of their own, and the rest. Pure. */
function splitBatch(batch: LogBatch, taken: number): Pick<PreparedRange, "range" | "rest"> {
  const next = batch.records[taken];
  const last = batch.records[taken - 1];
  if (next === undefined || last === undefined) return { range: batch, rest: undefined };
  return {
    range: { ...batch, last: last.offset, records: batch.records.slice(0, taken) },
    rest: { ...batch, first: next.offset, records: batch.records.slice(taken) },
  };
}
