import { z } from "zod";

/** What a line of feedback may tell. */
export const FEEDBACK_FIELDS = [
  "date",
  "resource",
  "event",
  "score",
  "comment",
  "user",
  "acct",
  "partner",
  "department",
  "email",
  "name",
] as const;
/** One of them. */
export type FeedbackField = (typeof FEEDBACK_FIELDS)[number];

/** The column that each field is in. */
export type FeedbackMap = Readonly<Partial<Record<FeedbackField, string>>>;

const MAP = z.partialRecord(z.enum(FEEDBACK_FIELDS), z.string().trim().min(1));

/**
 * Reads `date=When,score=How useful was it?`: the field, an equals sign and the name of its column. A comma ends a name only
 * before another field. Answers what is wrong.
 */
export function parseFeedbackMap(text: string): FeedbackMap | string {
  const map: Partial<Record<FeedbackField, string>> = {};
  for (const pair of text.split(new RegExp(`,(?=\\s*(?:${FEEDBACK_FIELDS.join("|")})\\s*=)`))) {
    const [, name = "", column = ""] = /^\s*([a-z]+)\s*=\s*(.*?)\s*$/s.exec(pair) ?? [];
    const field = FEEDBACK_FIELDS.find((known) => known === name);
    if (field === undefined || column === "")
      return `"${pair}" must be a field, = and the name of its column; fields are ${FEEDBACK_FIELDS.join(", ")}`;
    map[field] = column;
  }
  return map;
}

/** Reads the same as a JSON object; `undefined` if it is none of fields and columns. */
export function parseFeedbackMapJson(text: string): FeedbackMap | undefined {
  try {
    const parsed = MAP.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as FeedbackMap) : undefined; // optional fields are never there without a text
  } catch {
    return undefined;
  }
}
