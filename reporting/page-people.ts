import type { EngagedTime, RecordOfEngagement } from "../schemas/record.ts";
import type { Block, Column } from "./blocks.ts";
import { toCells, toListing, toParagraph } from "./page-tables.ts";
import {
  toAbsenceWords,
  toCellWords,
  toCountedWords,
  toCountWords,
  toDateWords,
  toDurationWords,
  toPlainText,
} from "./words.ts";

const DEPARTMENTS_PRINTED = 12;
const SEARCHES_PRINTED = 12;
const EVENTS_PRINTED = 8;

/** Who came: departments, those of few people withheld, the rest of a long list in one line; new and returning people. */
export function toDepartments(record: RecordOfEngagement): Block[] {
  if (record.not_counted.includes("departments")) return [];
  const { active_people } = record.figures;
  const rows = record.departments.slice(0, DEPARTMENTS_PRINTED).map((row) => ({
    cells: [
      { text: toPlainText(row.title) || toPlainText(row.dept) || "No department given" },
      ...toCells([row.people, row.uniqueRequests], record.people_min),
    ],
  }));
  const columns: Column[] = [
    { title: "Department", align: "left", widthPt: "rest" },
    { title: "People", align: "right", widthPt: 62 },
    { title: "Unique req.", align: "right", widthPt: 62 },
  ];
  const list = toListing(record, {
    ...{ heading: "Who used it", columns, rows, all: record.departments.length, what: "departments" },
    summary: "Use by department, with people and unique requests",
    total: active_people,
    none: active_people === 0 ? "Nobody was active in this month." : "No department was given.",
  });
  return [...list, ...toNewcomers(record)];
}

function toNewcomers({ newcomers, people_min, figures }: RecordOfEngagement): Block[] {
  const { new_people, returning_people, absence } = newcomers;
  if (figures.active_people === 0 || absence === "not_counted") return [];
  const text =
    absence === null
      ? `New people: ${toCellWords(new_people, people_min)}; returning: ${toCellWords(returning_people, people_min)}.`
      : toAbsenceWords("New and returning people", absence);
  return [toParagraph(text, "small")];
}

/** What was searched for; terms of few people are not even in the record. */
export function toSearches(record: RecordOfEngagement): Block[] {
  if (record.not_counted.includes("searches")) return [];
  const rows = record.searches.slice(0, SEARCHES_PRINTED).map((row) => ({
    cells: [{ text: toPlainText(row.term) }, { text: toCountWords(row.searches) }, { text: toCountWords(row.people) }],
  }));
  const columns: Column[] = [
    { title: "Searched for", align: "left", widthPt: "rest" },
    { title: "Searches", align: "right", widthPt: 50 },
    { title: "People", align: "right", widthPt: 44 },
  ];
  const many = toCountedWords(record.people_min, "person", "people");
  const none =
    record.figures.Searches_Platform === 0
      ? "Nothing was searched for in this month."
      : `No term was searched for by ${many} or more.`;
  return toListing(record, {
    ...{ heading: "Searches", columns, rows, all: record.searches.length, what: "terms", none },
    summary: "Terms searched for, with searches and people",
  });
}

/** Webinars, meetings and courses that were attended. */
export function toEvents(record: RecordOfEngagement): Block[] {
  if (record.not_counted.includes("events")) return [];
  const rows = record.events.slice(0, EVENTS_PRINTED).map((row) => ({
    cells: [
      { text: toPlainText(row.title) || row.id },
      { text: toPlainText(row.kind) },
      { text: toDateWords(row.date) },
      ...toCells([row.attendees], record.people_min),
    ],
  }));
  const columns: Column[] = [
    { title: "Event", align: "left", widthPt: "rest" },
    { title: "Kind", align: "left", widthPt: 70 },
    { title: "Date", align: "left", widthPt: 100 },
    { title: "People", align: "right", widthPt: 62 },
  ];
  const before = record.previous === null ? "" : `; the month before: ${toCountWords(record.previous.events_attended)}`;
  const total = record.figures.events_attended;
  return toListing(record, {
    ...{ heading: "Events attended", columns, rows, all: record.events.length, what: "events", total },
    above: `${toCountedWords(total, "attendance", "attendances")}${before}.`,
    summary: "Events attended, with their dates and people",
    none: "No event was attended in this month.",
  });
}

/** Engaged time, which is by consent and so says of how many it speaks, and feedback, which whoever wants to gives. */
export function toExperience(record: RecordOfEngagement): Block[] {
  const texts = [toTimeWords(record), toOpinionWords(record)].filter((text) => text !== undefined);
  return texts.length === 0
    ? []
    : [{ kind: "heading", text: "Time and feedback" }, ...texts.map((text) => toParagraph(text))];
}

function toTimeWords({ engaged, people_min }: RecordOfEngagement): string | undefined {
  if (engaged.absence === "not_counted") return undefined;
  if (engaged.engaged_ms === null) return toAbsenceWords("Engaged time", engaged.absence ?? "withheld");
  if (engaged.agreed_people === 0) return "Engaged time: none was measured.";
  return `Engaged time: ${toDurationWords(engaged.engaged_ms)}, from ${toEngagedPeopleWords(engaged, people_min)} people who agreed to the measuring of behaviour.`;
}

/** N is left out where it would tell how few of those who agreed were never engaged. */
function toEngagedPeopleWords({ engaged_people, agreed_people }: EngagedTime, peopleMin: number): string {
  const agreed = toCellWords(agreed_people, peopleMin);
  return engaged_people === null ? `the ${agreed}` : `${toCellWords(engaged_people, peopleMin)} of ${agreed}`;
}

function toOpinionWords({ feedback }: RecordOfEngagement): string | undefined {
  if (feedback.absence === "not_counted") return undefined;
  if (feedback.responses === 0) return "Feedback: none was given.";
  const average =
    feedback.average === null
      ? toAbsenceWords("Average score", feedback.absence ?? "withheld")
      : `The average score is ${feedback.average.toFixed(1)} of 5.`;
  return `Feedback: ${toCountedWords(feedback.responses, "answer", "answers")}. ${average}`;
}
