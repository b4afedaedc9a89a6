import { FIGURE_NAMES, type FigureName, type Figures } from "../schemas/figures.ts";
import type { FrozenFigures, HowCounted } from "../schemas/record.ts";
import { DROP_REASON_NAMES, type DropReason } from "../schemas/verdict.ts";
import type { CountedCell, CountedFigures, CountedPage, CountedUse } from "./counted.ts";
import { LATER } from "./frozen.ts";
import type { PartnerSpan, Snapshot } from "./snapshot.ts";
import { toShownFigures } from "./suppress.ts";

interface ValueRow {
  readonly partner_no: number;
  readonly value: string;
}
interface CellsRow {
  readonly partner_no: number;
  /** Position in the grid to count. */
  readonly cells: Readonly<Record<string, string>>;
}
interface PlaceRow extends ValueRow {
  readonly place: "engagement" | "behaviour" | "feedback" | "attendance" | "double_click" | "dropped";
  readonly reason: string;
}
interface UseCounts {
  readonly partner_no: number;
  readonly id: string;
  readonly unique_requests: string;
  readonly total_requests: string;
  readonly unique_investigations: string;
  readonly total_investigations: string;
  readonly people: string;
}
interface ResourceRow extends UseCounts {
  readonly title: string;
  readonly type: string;
}
interface PageCounts {
  readonly partner_no: number;
  readonly path: string;
  readonly title: string;
  readonly views: string;
  readonly people: string;
}

/** COUNTER's word for a Data_Type that was not given. */
const NO_KIND = "Unspecified";

/** What no query counts. */
const NOT_COUNTED = {
  ...LATER,
  searches: { rows: [], rest_people: 0 },
  newcomers: { new_people: 0, returning_people: 0, absence: null },
  engaged: { engaged_ms: 0, engaged_people: 0, agreed_people: 0 },
  feedback: { responses: 0, scorers: 0, score_sum: 0 },
} as const;

/** What was counted, by Partner id; `people_min` is applied. */
export type PartnerFigures = ReadonlyMap<string, FrozenFigures>;

/**
 * Computes every figure and table for all Partners of a snapshot: one grouped query each.
 *
 * @param peopleMin cells that describe fewer people are withheld
 * @returns by Partner id; every Partner of the snapshot is in it
 */
export async function countFigures(
  snapshot: Snapshot,
  partners: readonly PartnerSpan[],
  peopleMin: number,
): Promise<PartnerFigures> {
  const figures = new Map<FigureName, ReadonlyMap<number, number>>();
  for (const name of FIGURE_NAMES.filter((one) => one !== "events_attended"))
    figures.set(name, await readValues(snapshot, name));
  const resources = toGroups(await snapshot.rows<ResourceRow>("top_resources"));
  const kinds = toGroups(await snapshot.rows<UseCounts>("by_kind"));
  const pages = toGroups(await snapshot.rows<PageCounts>("top_pages"));
  const hours = await readCells(snapshot, "weekday_hours");
  const days = await readCells(snapshot, "days");
  const places = toGroups(await snapshot.rows<PlaceRow>("how_counted"));

  const toFigures = (no: number): Figures =>
    // One entry for each name of the catalogue.
    Object.fromEntries(FIGURE_NAMES.map((name) => [name, figures.get(name)?.get(no) ?? 0])) as Record<
      FigureName,
      number
    >;
  return new Map(
    partners.map(({ id, span }, no) => {
      const totals = toFigures(no);
      const counted: CountedFigures = {
        ...NOT_COUNTED,
        figures: totals,
        ...toTables(resources.get(no) ?? [], kinds.get(no) ?? [], pages.get(no) ?? []),
        weekday_hours: toGrid(hours.get(no), 7, 24, peopleMin),
        days: toGrid(days.get(no), 1, span.days, peopleMin).flat(),
        how_counted: toHowCounted(places.get(no) ?? []),
      };
      const before = { firstWeekday: span.firstWeekday, earlierVersions: [], previousMonth: undefined };
      return [id, { ...toShownFigures(counted, before, peopleMin), ...LATER }];
    }),
  );
}

async function readValues(snapshot: Snapshot, name: string): Promise<ReadonlyMap<number, number>> {
  const rows = await snapshot.rows<ValueRow>(name);
  return new Map(rows.map(({ partner_no, value }) => [partner_no, Number(value)]));
}

async function readCells(snapshot: Snapshot, name: string): Promise<ReadonlyMap<number, CellsRow["cells"]>> {
  const rows = await snapshot.rows<CellsRow>(name);
  return new Map(rows.map(({ partner_no, cells }) => [partner_no, cells]));
}

function toGroups<Row extends { readonly partner_no: number }>(
  rows: readonly Row[],
): ReadonlyMap<number, readonly Row[]> {
  return Map.groupBy(rows, ({ partner_no }) => partner_no);
}

/** How many people each square is about is not counted: each counts as of enough. */
function toGrid(
  cells: CellsRow["cells"] | undefined,
  rows: number,
  columns: number,
  people: number,
): readonly (readonly CountedCell[])[] {
  return Array.from({ length: rows }, (_row, row) =>
    Array.from({ length: columns }, (_column, column) => {
      const actions = Number(cells?.[String(row * columns + column)] ?? 0);
      return { actions, people };
    }),
  );
}

function toTables(
  resources: readonly ResourceRow[],
  kinds: readonly UseCounts[],
  pages: readonly PageCounts[],
): Pick<CountedFigures, "top_resources" | "by_kind" | "top_pages"> {
  return {
    top_resources: resources.map((row) => ({ ...toUse(row), title: row.title || row.id, type: row.type, topic: "" })),
    by_kind: kinds.map((row) => ({ ...toUse(row), title: row.id || NO_KIND, type: row.id })),
    top_pages: pages.map(
      ({ path, title, views, people }): CountedPage => ({
        path,
        title: title || path,
        views: Number(views),
        people: Number(people),
        resource: "",
      }),
    ),
  };
}

function toUse(row: UseCounts): Omit<CountedUse, "title" | "type"> {
  return {
    id: row.id,
    uniqueRequests: Number(row.unique_requests),
    totalRequests: Number(row.total_requests),
    uniqueInvestigations: Number(row.unique_investigations),
    totalInvestigations: Number(row.total_investigations),
    people: Number(row.people),
  };
}

/** The trail, to the unit: received = dropped + double-clicks + counted, because each id has exactly one place. */
function toHowCounted(rows: readonly PlaceRow[]): HowCounted {
  const sum = (place: PlaceRow["place"]) =>
    rows.reduce((total, row) => (row.place === place ? total + Number(row.value) : total), 0);
  const byReason = new Map(
    rows.filter(({ place }) => place === "dropped").map((row) => [row.reason, Number(row.value)]),
  );
  const unknown = [...byReason.keys()].find((reason) => !DROP_REASON_NAMES.includes(reason as DropReason)); // asks just that
  if (unknown !== undefined)
    throw new Error(`Cannot count drops: the store has the reason "${unknown}", which this release does not know`);
  const counted_by_purpose = {
    engagement: sum("engagement") + sum("attendance"),
    behaviour: sum("behaviour"),
    feedback: sum("feedback"),
  };
  const counted = counted_by_purpose.engagement + counted_by_purpose.behaviour + counted_by_purpose.feedback;
  const dropped = Object.fromEntries(
    DROP_REASON_NAMES.flatMap((reason) => {
      const events = byReason.get(reason) ?? 0;
      return events > 0 ? [[reason, events]] : [];
    }),
  );
  const double_clicks = sum("double_click");
  return { received: counted + double_clicks + sum("dropped"), dropped, double_clicks, counted, counted_by_purpose };
}
