import type { EpochMs } from "../../schemas/ids.ts";
import type { JournalState } from "../../schemas/journal.ts";
import { toPartnerStanding } from "../../schemas/journal.ts";
import { toUtcDay } from "../clocks/due.ts";
import { type CountedRow, KIND_NAMES, KINDS, type KindName } from "./questions.ts";
import type { BreachSpan, BreachView, DaySpan } from "./span.ts";

/** Rows and different people of one kind of data within a table. */
export interface ImpactPart {
  readonly id: string;
  readonly title: string;
  readonly rows: number;
  readonly people: number;
}

/** What one table, or the journal, has of a Partner's people. */
export interface ImpactLine {
  readonly store: "warehouse" | "journal";
  readonly table: KindName | "requests" | "journal";
  readonly title: string;
  readonly purpose: string;
  /** The fields, in words. */
  readonly prose: string;
  /** Kinds of account with their rows, where the table tells. */
  readonly accounts: Readonly<Record<string, number>>;
  readonly rows: number;
  /** Different pseudonyms: at most so many people. */
  readonly people: number;
  readonly restricted: number;
  /** Rows that are combined with nobody. */
  readonly unlinked: number;
  /** Days with rows, UTC; `null` where the table has no day or no row. */
  readonly days: (DaySpan & { readonly count: number }) | null;
  readonly parts: readonly ImpactPart[];
}

/** Somebody at a Partner whom a notice goes to. */
export interface Officer {
  readonly name: string;
  readonly email: string;
}

/** What an incident means for one controller's people. */
export interface Impact {
  /** Partner id; empty for subscriber and public accounts, whose controller the organisation itself is. */
  readonly partner: string;
  readonly name: string;
  readonly officers: readonly Officer[];
  /** Within one key epoch a person has one pseudonym for the use of the website, so there are no fewer people than these. */
  readonly peopleAtLeast: number;
  /** Everyone has a pseudonym or more, so there are no more people than these; the rest of what is counted is exact. */
  readonly peopleAtMost: number;
  readonly restricted: number;
  readonly lines: readonly ImpactLine[];
  /** People erased since the incident began: affected, and no longer among the counts. */
  readonly erasedSince: number;
  /** The Partner's instruction to answer its people is on file. */
  readonly hasInstruction: boolean;
  readonly hasLeft: boolean;
}

/** What the warehouse answered. */
export interface Counted {
  readonly rows: Readonly<Record<KindName, readonly CountedRow[]>>;
  readonly people: ReadonlyMap<string, { readonly people: number; readonly restricted: number }>;
  /** People that there are at least, by Partner. */
  readonly fewest: ReadonlyMap<string, number>;
  readonly requests: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<string, string>;
  readonly officers: ReadonlyMap<string, readonly Officer[]>;
}

const DAY_MS = 86_400_000;

/**
 * What an incident means for every controller of whom something lay there, Partners by id, the organisation's own
 * accounts last. Pure.
 *
 * @param only the one Partner that is asked about, who is answered also if nothing lay there
 */
export function toImpacts(
  counted: Counted,
  journal: JournalState,
  asked: { readonly span: BreachSpan; readonly view: BreachView; readonly nowMs: EpochMs; readonly only?: string },
): readonly Impact[] {
  const { only } = asked;
  const byPartner = new Map<string, { kind: KindName; row: CountedRow }[]>();
  for (const kind of KIND_NAMES)
    for (const row of counted.rows[kind]) {
      const known = byPartner.get(row.partner);
      if (known === undefined) byPartner.set(row.partner, [{ kind, row }]);
      else known.push({ kind, row });
    }
  const choices = toJournalCounts(journal, asked.span, asked.view);
  const erased = countErased(journal, asked.span.fromMs);
  const partners = new Set([...byPartner.keys(), ...choices.keys(), ...counted.requests.keys(), ...erased.keys()]);
  if (only !== undefined) partners.add(only);
  const wanted = [...partners].filter((partner) => only === undefined || partner === only);
  return wanted.toSorted(byController).map((partner) => {
    const lines = [
      ...toTableLines(byPartner.get(partner) ?? []),
      ...toRequestLine(counted.requests.get(partner) ?? 0),
      ...toJournalLine(choices.get(partner)),
    ];
    const { people = 0, restricted = 0 } = counted.people.get(partner) ?? {};
    return {
      partner,
      name: partner === "" ? "Subscriber and public accounts" : (counted.names.get(partner) ?? partner),
      officers: counted.officers.get(partner) ?? [],
      peopleAtLeast: Math.max(counted.fewest.get(partner) ?? 0, people > 0 ? 1 : 0),
      peopleAtMost: people,
      restricted,
      lines,
      erasedSince: erased.get(partner) ?? 0,
      hasInstruction: journal.instructions.get(partner)?.has("rights") === true,
      hasLeft: partner !== "" && toPartnerStanding(journal, partner, asked.nowMs) === "left",
    };
  });
}

function byController(a: string, b: string): number {
  if (a === "" || b === "") return a === "" ? 1 : -1;
  return a < b ? -1 : 1;
}

function toTableLines(all: readonly { readonly kind: KindName; readonly row: CountedRow }[]): ImpactLine[] {
  return KIND_NAMES.flatMap((kind) => {
    const rows = all.filter((one) => one.kind === kind).map(({ row }) => row);
    if (rows.length === 0) return [];
    const { title, purpose, prose, categories } = KINDS[kind];
    const add = (pick: (row: CountedRow) => string | undefined) =>
      rows.reduce((sum, row) => sum + Number(pick(row) ?? 0), 0);
    const accounts: Record<string, number> = {};
    for (const { account, rows: count } of rows)
      if (account !== "") accounts[account] = (accounts[account] ?? 0) + Number(count);
    return [
      {
        store: "warehouse",
        table: kind,
        title,
        purpose,
        prose,
        accounts,
        rows: add((row) => row.rows),
        people: add((row) => row.people),
        restricted: add((row) => row.restricted),
        unlinked: add((row) => row.unlinked),
        days: toDays(rows),
        parts: categories.map(({ id, title: part }) => ({
          id,
          title: part,
          rows: add((row) => row[`rows_${id}`]),
          people: add((row) => row[`people_${id}`]),
        })),
      } satisfies ImpactLine,
    ];
  });
}

function toDays(rows: readonly CountedRow[]): ImpactLine["days"] {
  const days = [...new Set(rows.flatMap((row) => row.days))].toSorted((a, b) => a - b);
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return null;
  return { first: toUtcDay(first * DAY_MS), last: toUtcDay(last * DAY_MS), count: days.length };
}

function toRequestLine(rows: number): ImpactLine[] {
  if (rows === 0) return [];
  return [
    {
      store: "warehouse",
      table: "requests",
      title: "Requests of people",
      purpose: "people's rights",
      prose: "what was asked and when, who in the office noted it, remarks and the outcome; not by whom it was asked",
      accounts: {},
      rows,
      people: 0,
      restricted: 0,
      unlinked: rows,
      days: null,
      parts: [],
    },
  ];
}

interface JournalCounts {
  people: number;
  restricted: number;
  consents: number;
  objections: number;
}

/** People with choices in the journal, by Partner: keyed references, of which no name can be made. */
function toJournalCounts(
  journal: JournalState,
  { fromMs, untilMs }: BreachSpan,
  view: BreachView,
): ReadonlyMap<string, JournalCounts> {
  const counts = new Map<string, JournalCounts>();
  const isIn = (ms: number) => ms <= untilMs && (view === "exposed" || ms >= fromMs);
  for (const {
    ptn,
    consents,
    objections,
    restricted,
    restrictedMs = 0,
    erasedMs,
    removals,
  } of journal.people.values()) {
    const has = {
      consents: consents.some(({ atMs }) => isIn(atMs)),
      objections: [...objections.values()].some(isIn),
      restricted: restricted && isIn(restrictedMs),
    };
    const isGone = (erasedMs !== undefined && isIn(erasedMs)) || [...removals.values()].some(isIn);
    if (!has.consents && !has.objections && !has.restricted && !isGone) continue;
    const sum = counts.get(ptn) ?? { people: 0, restricted: 0, consents: 0, objections: 0 };
    sum.people += 1;
    sum.restricted += has.restricted ? 1 : 0;
    sum.consents += has.consents ? 1 : 0;
    sum.objections += has.objections ? 1 : 0;
    counts.set(ptn, sum);
  }
  return counts;
}

function toJournalLine(counts: JournalCounts | undefined): ImpactLine[] {
  if (counts === undefined) return [];
  const { people, restricted, consents, objections } = counts;
  const toPart = (id: string, title: string, count: number) => ({ id, title, rows: count, people: count });
  return [
    {
      store: "journal",
      table: "journal",
      title: "Choices and decisions",
      purpose: "proof of consent; people's rights",
      prose:
        "a keyed reference in place of the user id; consents, objections, restrictions and erasures with their times",
      accounts: {},
      rows: people,
      people,
      restricted,
      unlinked: 0,
      days: null,
      parts: [
        toPart("consents", "people with consents or withdrawals", consents),
        toPart("objections", "people with objections", objections),
        toPart("restrictions", "people whose processing is restricted", restricted),
      ],
    },
  ];
}

function countErased(journal: JournalState, fromMs: EpochMs): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { ptn, erasedMs } of journal.people.values())
    if (erasedMs !== undefined && erasedMs >= fromMs) counts.set(ptn, (counts.get(ptn) ?? 0) + 1);
  return counts;
}
