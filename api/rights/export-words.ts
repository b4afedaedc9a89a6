import { TABLES } from "../../schemas/columns.ts";
import type { Settings } from "../../schemas/settings.ts";
import type { PersonTable } from "./person-set.ts";

/** Titles of columns that a person can read; what a column means stands in the legend. */
export const COLUMN_TITLES: Readonly<Record<string, string>> = {
  kind: "Kind of data",
  at: "When",
  type: "What you did",
  acct: "Account",
  dept: "Department",
  site: "Site",
  path: "Page",
  resource: "Resource",
  event: "Event",
  title: "Title",
  event_kind: "Kind of event",
  minutes: "Minutes there",
  full: "Full content",
  referrer: "Came from",
  term: "Searched for",
  engaged_ms: "Time in use (ms)",
  scroll_pct: "Scrolled (%)",
  target: "Clicked",
  device: "Device",
  browser: "Browser",
  os: "Operating system",
  score: "Score",
  comment: "Comment",
  last_day: "Last seen on",
  source: "Held from",
  body: "Whole row",
  detail: "Details",
  partner: "Partner",
  pseudonym: "Pseudonym",
  epoch: "Key epoch",
  event_id: "Event id",
};

/** What each part of an export is, in words. */
export const KIND_TITLES = {
  engagement: "Use of the website",
  behaviour: "How you used pages (with your consent)",
  feedback: "Feedback",
  attendance: "Events you attended",
  held: "Kept under a legal hold",
  people: "When you were last here",
} as const satisfies Record<PersonTable, string>;

/** What the columns of an export mean: title and meaning. */
export function toLegend(): Readonly<Record<string, string>> {
  const legend: Record<string, string> = {
    held: "A row whose time is over, kept because a legal order forbids its deletion; `body` is the whole row.",
    last_day: "The last day on which you were seen, kept when the rows of that day are deleted.",
  };
  for (const table of ["engagement", "behaviour", "feedback", "attendance"] as const) {
    for (const { name, prose } of TABLES[table]) legend[name] ??= prose;
  }
  return legend;
}

/** What must be told with an access (GDPR Art. 15(1)): a title and a text each. */
export function toInformation({
  retentionDays,
  logRetentionHours,
}: Pick<Settings, "retentionDays" | "logRetentionHours">): Readonly<Record<string, string>> {
  return {
    purposes:
      "engagement: to show a member organisation how its people use the website (pages, downloads, searches, events attended); behaviour: to improve pages (time on page, scrolling, clicks, kind of device); feedback: to read what you tell us.",
    lawful_basis:
      "engagement: the contract with your organisation or with you; for public accounts your consent. behaviour: your consent. feedback: given freely by you; linked with you only with your consent.",
    categories:
      "What is listed here. Never collected: keystrokes, form values, page contents, recordings, IP addresses.",
    recipients:
      "Your organisation receives monthly figures without names, in which groups of fewer than five people are withheld unless its operator has set another number. Nobody else receives data about you.",
    retention: `Rows are deleted after ${retentionDays} days; copies in the log of events after ${logRetentionHours} hours; your choices, and the day you were last here, after two years without use.`,
    source:
      "The website, while you were signed in to it, and lists of who attended events; your department comes from your account there.",
    pseudonyms:
      "Your user id is not stored. Rows carry a pseudonym that only we can make again from your user id. Feedback without your consent carries none, so it cannot be found for you.",
    your_rights:
      "You may ask for rectification, erasure, restriction and portability, object, withdraw consent at any time, and complain to a supervisory authority.",
    automated_decisions: "None, and no profiling.",
  };
}
