import { z } from "zod";
import { type Month, parseMonth } from "../../schemas/ids.ts";

/** A month in a query or a body. */
export const MONTH = z
  .string()
  .regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, { error: "must be a month, yyyy-mm" })
  .describe("A month, yyyy-mm.");

/** The month of a text that {@link MONTH} has passed. */
export function toMonth(text: string): Month {
  const month = parseMonth(text);
  if (month === undefined) throw new Error("Cannot take this for a month: it must be yyyy-mm");
  return month;
}
