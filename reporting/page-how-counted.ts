import type { HowCounted, RecordOfEngagement } from "../schemas/record.ts";
import { DROP_REASONS } from "../schemas/verdict.ts";
import type { Block, Row } from "./blocks.ts";
import { toCountedWords, toCountWords, toMonthWords } from "./words.ts";

/** A line of the sum: `−` takes away from what is above, `=` is what is left, `part` a share of it. */
export interface TrailStep {
  readonly sign: "" | "−" | "=" | "part";
  readonly what: string;
  readonly count: number;
}

/**
 * From what arrived to what is counted, as a sum that adds up to the unit.
 *
 * Should a record not add up (a bug), the difference is shown as a line of its own and never hidden.
 */
export function toTrail(how: HowCounted): TrailStep[] {
  const drops = toDrops(how);
  const dropped = Object.values(how.dropped).reduce((sum, count) => sum + count, 0);
  const unexplained = how.received - dropped - how.double_clicks - how.counted;
  const purposes = how.counted_by_purpose;
  return [
    { sign: "", what: "Received", count: how.received },
    ...drops,
    { sign: "−", what: "Double-clicks (30 seconds)", count: how.double_clicks },
    ...(unexplained === 0 ? [] : [{ sign: "−" as const, what: "Not explained", count: unexplained }]),
    { sign: "=", what: "Counted", count: how.counted },
    { sign: "part", what: "engagement", count: purposes.engagement },
    { sign: "part", what: "behaviour, by consent", count: purposes.behaviour },
    { sign: "part", what: "feedback, given by choice", count: purposes.feedback },
  ];
}

/** The drops that happened, in the order in which the pipeline checks; a reason that is not in the catalogue goes by its key. */
function toDrops({ dropped }: HowCounted): TrailStep[] {
  const titles = new Map<string, string>(Object.entries(DROP_REASONS).map(([reason, { title }]) => [reason, title]));
  const order = [...titles.keys()];
  return Object.entries(dropped)
    .filter(([, count]) => count > 0)
    .sort(([one], [other]) => order.indexOf(one) - order.indexOf(other))
    .map(([reason, count]) => ({ sign: "−", what: titles.get(reason) ?? reason, count }));
}

/** Days of one month, `3, 4 and 10 October 2026`. */
function toDaysOfMonthWords(days: readonly string[]): string {
  const numbers = days.map((day) => String(Number(day.slice(8))));
  return `${new Intl.ListFormat("en-GB").format(numbers)} ${toMonthWords(days[0] ?? "")}`;
}

function toDaysWords(withEvents: number, all: number): string {
  return `Events arrived on ${withEvents === all ? `all ${all}` : `${withEvents} of the ${all}`} days of the month.`;
}

/** Late data add events, and what people ask for takes some away; version 1 may have been closed before the month was over. */
function toSinceWords(since: number): string {
  const events = toCountedWords(Math.abs(since), "event", "events");
  return `Since version 1, ${events} ${Math.abs(since) === 1 ? "was" : "were"} ${since > 0 ? "added" : "taken away"}.`;
}

/** The trail as a table. */
export function toHowCounted(record: RecordOfEngagement): Block[] {
  const rows = toTrail(record.how_counted).map((step): Row => {
    const sign = step.sign === "−" ? "− " : "";
    const what = step.sign === "=" ? `= ${step.what}` : step.sign === "part" ? `of which ${step.what}` : step.what;
    const cells = [{ text: what }, { text: `${sign}${toCountWords(step.count)}` }];
    return step.sign === "=" ? { cells, role: "sum" } : step.sign === "part" ? { cells, role: "part" } : { cells };
  });
  return [
    { kind: "heading", text: "How it was counted" },
    {
      kind: "table",
      summary: "From the events received to the events counted",
      columns: [
        { title: "Step", align: "left", widthPt: "rest" },
        { title: "Events", align: "right", widthPt: 60 },
      ],
      rows,
      linesMax: 1,
    },
  ];
}

/** How far the record can be relied on: days with data, days on which nothing arrived, what came since. */
export function toCompleteness(record: RecordOfEngagement): Block[] {
  const { days_with_data, silent_days, late_hours_max } = record.completeness;
  const since = record.received_since_first_close;
  const texts = [
    days_with_data === null ? "" : toDaysWords(days_with_data, Number(record.period.end.slice(8))),
    silent_days.length === 0
      ? ""
      : `On ${toDaysOfMonthWords(silent_days)} (UTC) nothing arrived for any Partner: nobody came, or nothing could arrive.`,
    late_hours_max === null
      ? ""
      : `What arrived more than ${toCountedWords(late_hours_max, "hour", "hours")} late is not counted.`,
    since === 0 ? "" : toSinceWords(since),
  ].filter((text) => text !== "");
  const told = texts.length === 0 ? ["Nothing is known that would make this record incomplete."] : texts;
  return [
    { kind: "heading", text: "How complete it is" },
    ...told.map((text): Block => ({ kind: "paragraph", tone: "small", text })),
  ];
}
