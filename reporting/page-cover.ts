import { FIGURE_NAMES, FIGURES } from "../schemas/figures.ts";
import { toMonthOffset } from "../schemas/ids.ts";
import type { RecordOfEngagement } from "../schemas/record.ts";
import type { Block, Card } from "./blocks.ts";
import type { Logos } from "./logo.ts";
import {
  toChangeWords,
  toCountedWords,
  toCountWords,
  toDateWords,
  toDayWords,
  toMonthWords,
  toPlainText,
  toShortText,
} from "./words.ts";

/** Longer texts are shortened on the page; the CSV and the JSON hold them whole. */
const REASON_CHARACTERS_MAX = 600;
const GROUP_CHARACTERS_MAX = 80;

/**
 * The head of a record: whose, which month, under which contract, which version; that the month was not over, if so; a
 * later version with its reason.
 */
export function toMasthead(record: RecordOfEngagement, logos: Logos): Block[] {
  const { partner, version } = record;
  const head: Block = {
    kind: "masthead",
    edition: `Version ${version}, closed ${toDayWords(record.closed_at, partner.zone)}`,
    kicker: "Record of Engagement",
    title: toPlainText(partner.name) || partner.id,
    month: toMonthWords(record.month),
    facts: toFacts(record),
    logos,
  };
  const reason = toShortText(toPlainText(record.reason), REASON_CHARACTERS_MAX) || "not recorded";
  const early = "The month was not over when this was counted. What comes later makes the next version.";
  const later = `Version ${version} replaces version ${version - 1}. Reason: ${reason}`;
  const notices = [...(record.completeness.provisional ? [early] : []), ...(version === 1 ? [] : [later])];
  return [head, ...notices.map((text): Block => ({ kind: "notice", text }))];
}

function toFacts({ partner, period }: RecordOfEngagement): string {
  const facts = [
    `${Number(period.begin.slice(8))} to ${toDateWords(period.end)} (${partner.zone})`,
    toContractWords(partner.contract_start, partner.contract_end),
    partner.seats === null ? "" : toCountedWords(partner.seats, "licensed seat", "licensed seats"),
    toShortText(toPlainText(partner.group), GROUP_CHARACTERS_MAX),
  ];
  return facts.filter((fact) => fact !== "").join("  ·  ");
}

function toContractWords(start: string | null, end: string | null): string {
  if (start === null && end === null) return "";
  if (start === null) return `Contract until ${toDateWords(end ?? "")}`;
  return end === null ? `Contract from ${toDateWords(start)}` : `Contract ${toDateWords(start)} to ${toDateWords(end)}`;
}

/** Figures that have a card, and a definition, of their own on the page. */
export const CARD_FIGURES = FIGURE_NAMES.filter((name) => name !== "events_attended");

/** The eight figures of the month, each against the month before. */
export function toCards(record: RecordOfEngagement): Card[] {
  const month = toMonthWords(toMonthOffset(record.month, -1)).split(" ")[0] ?? "";
  const yearAgo = toMonthWords(toMonthOffset(record.month, -12));
  return CARD_FIGURES.map((name) => {
    const now = record.figures[name];
    const before = record.previous?.[name];
    const lastYear = record.year.same_month_last_year?.[name];
    const yearBefore = lastYear === undefined ? {} : { yearBefore: `${yearAgo}: ${toCountWords(lastYear)}` };
    const card = { label: FIGURES[name].title, value: toCountWords(now), ...yearBefore };
    if (before === undefined) return { ...card, change: "", before: `no record for ${month}`, way: "none" };
    const way = now > before ? "up" : now < before ? "down" : "none";
    return { ...card, change: toChangeWords(now, before), before: `${month}: ${toCountWords(before)}`, way };
  });
}
