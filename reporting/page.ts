import type { RecordOfEngagement } from "../schemas/record.ts";
import type { Block, Page } from "./blocks.ts";
import type { Logos } from "./logo.ts";
import { toCards, toMasthead } from "./page-cover.ts";
import { toDefinitions, toUncounted } from "./page-definitions.ts";
import { toCompleteness, toHowCounted } from "./page-how-counted.ts";
import { toDepartments, toEvents, toExperience, toSearches } from "./page-people.ts";
import { toKindTable, toPageTable, toParagraph, toResourceTable, toTopicTable } from "./page-tables.ts";
import { toDayChart, toDayTable, toHourGrid, toHourTable, toTrendCharts } from "./page-trends.ts";
import { toValueParts } from "./page-value.ts";
import { NAME_CHARACTERS_MAX, toCellMark, toMonthWords, toPlainText, toShortText, toSummaryWords } from "./words.ts";

/** What a page says that is not in the record. */
export interface PageWords {
  /** Whom to ask about the record; printed last. */
  readonly contact?: string;
  readonly logos?: Logos;
}

const CONTACT = "Questions: reply to the message that brought this record.";

/**
 * A record as an ordered list of blocks: what to say and in which order, not where it stands.
 *
 * A part that is withheld or empty says so in one calm line under its heading; a chart is followed by the table of its
 * numbers. Left out are what the release that closed the month did not count, peer bands without a peer group, and
 * reasons to drop that did not happen.
 * Pure: the same record gives the same page. Text from outside comes out as harmless single lines.
 */
export function toPage(record: RecordOfEngagement, words: PageWords = {}): Page {
  const name = toPlainText(record.partner.name) || record.partner.id;
  const month = toMonthWords(record.month);
  return {
    title: `Record of Engagement: ${name}, ${month}`,
    subject: `How people from ${name} used the website in ${month}, version ${record.version}`,
    // The name comes last: a long one is cut off at the end of the line.
    footer: `Roebuck  ·  Record of Engagement, ${month}, version ${record.version}  ·  ${name}`,
    blocks: [...toFront(record, words), { kind: "new-page" }, ...toBack(record, words)],
  };
}

function toFront(record: RecordOfEngagement, { logos = {} }: PageWords): Block[] {
  return [
    ...toMasthead(record, logos),
    { kind: "paragraph", tone: "lead", text: toSummaryWords(record) },
    { kind: "heading", text: "Key figures" },
    { kind: "cards", cards: toCards(record) },
    { kind: "heading", text: "Month by month" },
    ...toTrendCharts(record),
  ];
}

/** Days and hours, or why they are not shown: few people could be recognised by when they came. */
function toTimes(record: RecordOfEngagement): Block[] {
  if (record.days.every((count) => count === 0)) return [toParagraph(toNoTimesWords(record))];
  const isOpened = record.weekday_hours.flat().some((count) => count !== 0);
  const charts: Block = {
    kind: "columns",
    left: [toDayChart(record), toDayTable(record)],
    right: [isOpened ? toHourGrid(record) : toParagraph("No page was opened in this month.")],
    leftShare: 0.5,
  };
  if (!isOpened) return [charts, ...toHatchLegend(record)];
  const text = "Page views by weekday and hour in numbers; in the hours that are not listed there were none:";
  return [charts, ...toHatchLegend(record), toParagraph(text, "small"), toHourTable(record)];
}

function toNoTimesWords({ days, figures, people_min }: RecordOfEngagement): string {
  // Not by active people: attending an event is no use of the website.
  const { visits, page_views, Total_Item_Investigations, Searches_Platform } = figures;
  const isUsed = visits + page_views + Total_Item_Investigations + Searches_Platform > 0;
  return days.length === 0 && isUsed
    ? `Not shown: days and hours of fewer than ${people_min} people could tell who they were.`
    : "Nothing was opened, searched for, downloaded or played in this month.";
}

/** What hatching means, where anything is hatched. */
function toHatchLegend({ days, weekday_hours, people_min }: RecordOfEngagement): Block[] {
  if (![...days, ...weekday_hours.flat()].includes(null)) return [];
  const text = [
    `Hatched, and “${toCellMark(null, people_min)}” in the tables: fewer than ${people_min} people,`,
    "or a number from which that of so few could be worked out. It is not zero.",
  ].join(" ");
  return [toParagraph(text, "small")];
}

function toBack(record: RecordOfEngagement, words: PageWords): Block[] {
  return [
    ...toResourceTable(record),
    ...toBeside(toKindTable(record), toTopicTable(record), 0.5),
    ...toPageTable(record),
    { kind: "heading", text: "When the website was used" },
    ...toTimes(record),
    ...toBeside(toDepartments(record), toSearches(record), 0.56),
    ...toEvents(record),
    ...toValueParts(record),
    ...toExperience(record),
    {
      kind: "columns",
      left: toHowCounted(record),
      right: [...toCompleteness(record), ...toUncounted(record)],
      leftShare: 0.5,
      tail: toRights(record, words),
    },
    ...toDefinitions(),
  ];
}

/** Two parts side by side; one alone has the whole width. */
function toBeside(left: readonly Block[], right: readonly Block[], leftShare: number): readonly Block[] {
  if (left.length === 0 || right.length === 0) return [...left, ...right];
  return [{ kind: "columns", left, right, leftShare }];
}

function toRights(record: RecordOfEngagement, words: PageWords): Block[] {
  const name = toShortText(toPlainText(record.partner.name) || record.partner.id, NAME_CHARACTERS_MAX);
  const rights = [
    "This record holds no personal data. Whoever wants to see, correct, restrict or erase what is held about them,",
    `or to object, may ask ${name}, the controller, or us.`,
  ].join(" ");
  return [
    { kind: "heading", text: "Rights and questions" },
    toParagraph(rights, "small"),
    toParagraph(words.contact ?? CONTACT, "small"),
  ];
}
