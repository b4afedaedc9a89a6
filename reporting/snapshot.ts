import type { EpochMs } from "../schemas/ids.ts";
import type { QueryParameter, Statement, Warehouse } from "../schemas/ports.ts";
import { toZoneOffsets, type ZoneOffset } from "../schemas/zone.ts";
import type { MonthSpan } from "./month.ts";
import { readQuery, STEPS, type Step } from "./query-files.ts";
import { runInTurns } from "./turns.ts";

/** Longest gap of a double-click, milliseconds (COUNTER 5.1, 7.2). */
export const DOUBLE_CLICK_MS_MAX = 30_000;
/** Longest gap within a visit, milliseconds. */
export const VISIT_GAP_MS_MAX = 1_800_000;
/** Statements at once: many have parts that one core works on alone, and more would take memory. */
const AT_ONCE_MAX = 2;
/** A snapshot that is older than this belongs to a run that died. */
const LEFTOVER_MS_MIN = 3_600_000;
/** The name says when the close began, because not every engine knows when a table was made. */
const PREFIX = "closing_";
const NAME = /^closing_(\d+)_[0-9a-f]{32}_[a-z_]+$/;
const TABLES = ["partners", ...STEPS] as const;

/** A Partner with the borders of the month in its zone. */
export interface PartnerSpan {
  readonly id: string;
  readonly zone: string;
  readonly span: MonthSpan;
}

/** What an operator may set about counting. */
export interface CountingRules {
  /** Cells that describe fewer people are withheld. */
  readonly peopleMin: number;
  /** An attendance counts from so many minutes on. */
  readonly attendedMinutesMin: number;
}

/** One run of a close: tables of two runs must not be taken for each other. */
export interface CloseRun {
  /** UUID. */
  readonly id: string;
  /** UTC. */
  readonly startedMs: EpochMs;
}

/** What a few Partners did around one month, copied at one moment. Disposing drops it. */
export interface Snapshot extends AsyncDisposable {
  /** The rows of queries of this release about the snapshot, by their names. A `partner_no` is the place of the Partner, from 0. */
  answers(names: readonly string[]): Promise<ReadonlyMap<string, readonly object[]>>;
}

/** Work may go to disk before it takes more than this, bytes, so that a month of any size can be closed. */
const SETTINGS = {
  max_bytes_before_external_sort: 600_000_000,
  max_bytes_before_external_group_by: 600_000_000,
  /** Compiling a query to machine code takes longer than running it. */
  compile_expressions: 0,
  compile_aggregate_expressions: 0,
  compile_sort_description: 0,
} as const;

/**
 * Copies the rows of these Partners around the month into tables in the engine's memory and prepares them: each
 * event once, double-clicks marked, local hours known. Every figure is then computed from the copy, so that what
 * arrives or is deleted in the meantime cannot make half a record. Nothing about a person leaves the engine, and
 * nothing of the copy stays on disk.
 *
 * @param partners at least one, in the order of their ids
 * @throws WarehouseUnavailable, WarehouseRefused; then nothing is left behind
 */
export async function openSnapshot(
  warehouse: Warehouse,
  partners: readonly PartnerSpan[],
  run: CloseRun,
  rules: CountingRules,
): Promise<Snapshot> {
  const toName = (table: string) => `${PREFIX}${run.startedMs}_${run.id.replaceAll("-", "")}_${table}`;
  const names = Object.fromEntries(TABLES.map((table) => [table, toName(table)]));
  const [firstMs, lastMs] = toReach(partners);
  const statement = (name: string): Statement => ({
    sql: readQuery(name),
    parameters: {
      ...names,
      first_ms: firstMs,
      last_ms: lastMs,
      begun_ms: Math.max(...partners.map(({ span }) => span.beginMs)),
      earlier_ms: Math.min(...partners.map(({ span }) => span.earlierMs)),
      attended_minutes: rules.attendedMinutesMin,
      people_min: rules.peopleMin,
      month: partners[0]?.span.firstDay.slice(0, 7) ?? "",
      double_click_ms: DOUBLE_CLICK_MS_MAX,
      visit_gap_ms: VISIT_GAP_MS_MAX,
      first_partner: partners[0]?.id ?? "",
      last_partner: partners.at(-1)?.id ?? "",
      first_weekday: partners[0]?.span.firstWeekday ?? 0,
    } satisfies Record<string, QueryParameter>,
    settings: SETTINGS,
  });
  const offsets = new Map<string, readonly ZoneOffset[]>();
  const toOffsets = (zone: string) => {
    const known = offsets.get(zone) ?? toZoneOffsets(zone, firstMs, lastMs);
    offsets.set(zone, known);
    return known;
  };
  const drop = () => dropTables(warehouse, Object.values(names));
  try {
    await warehouse.execute(statement("steps/partners"));
    await warehouse.insertRows(
      toName("partners"),
      partners.map((partner, index) => toSpanRow(partner, index, toOffsets(partner.zone))),
    );
    await runInTurns(STEPS, AT_ONCE_MAX, toNeededSteps, (step) => warehouse.execute(statement(`steps/${step}`)));
  } catch (error) {
    await drop().catch(() => undefined); // the first failure is the one to tell of
    throw error;
  }
  return {
    async answers(names) {
      const found = new Map<string, readonly object[]>();
      const read = async (name: string) => void found.set(name, await warehouse.rows<object>(statement(name)));
      await runInTurns(names, AT_ONCE_MAX, () => [], read);
      return found;
    },
    [Symbol.asyncDispose]: drop,
  };
}

/** The steps whose tables a step reads. Throws if there is no such step. */
export function toNeededSteps(step: Step): readonly Step[] {
  const named = new Set([...readQuery(`steps/${step}`).matchAll(/\{(\w+):Identifier\}/g)].map(([, name]) => name));
  return STEPS.filter((other) => other !== step && named.has(other));
}

/** As far as the rules look over the borders: a visit back, a double-click ahead. */
function toReach(partners: readonly PartnerSpan[]): readonly [number, number] {
  const begins = partners.map(({ span }) => span.beginMs);
  const ends = partners.map(({ span }) => span.endMs);
  return [Math.min(...begins) - VISIT_GAP_MS_MAX, Math.max(...ends) + DOUBLE_CLICK_MS_MAX];
}

function toSpanRow({ id, span }: PartnerSpan, index: number, offsets: readonly ZoneOffset[]): object {
  return {
    partner_no: index,
    partner: id,
    earlier_ms: span.earlierMs,
    begin_ms: span.beginMs,
    end_ms: span.endMs,
    begin_wall_ms: span.beginWallMs,
    offsets_from_ms: offsets.map(({ fromMs }) => fromMs),
    offsets_ms: offsets.map(({ offsetMs }) => offsetMs),
  };
}

/** Drops snapshots that runs left when they were killed. Those in use are younger and stay. Throws as the warehouse does. */
export async function dropLeftovers(warehouse: Warehouse, nowMs: EpochMs): Promise<void> {
  const rows = await warehouse.rows<{ name: string }>({ sql: readQuery("leftovers"), parameters: { prefix: PREFIX } });
  const names = rows.map(({ name }) => name);
  await dropTables(
    warehouse,
    names.filter((name) => Number(NAME.exec(name)?.[1]) <= nowMs - LEFTOVER_MS_MIN),
  );
}

/** All in one statement: each by itself takes longer than most steps. */
async function dropTables(warehouse: Warehouse, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await warehouse.execute({
    sql: `DROP TABLE IF EXISTS ${names.map((_, at) => `{name_${at}:Identifier}`).join(", ")} SYNC`,
    parameters: Object.fromEntries(names.map((name, at) => [`name_${at}`, name])),
  });
}
