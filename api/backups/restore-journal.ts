import type { Log } from "../../schemas/ports.ts";
import { JOURNAL_KEY } from "../../transform/journal-write.ts";
import type { JournalPlan } from "./journal-choice.ts";

/** Records appended at once. */
const APPENDED_MAX = 1_000;

/**
 * Makes the journal on the log what was chosen. Killed in between, it stands as a beginning of what was chosen, and the
 * next try goes on from there.
 *
 * @returns how many records were written
 * @throws LogUnavailable
 */
export async function fillJournal(log: Pick<Log, "append" | "ends" | "truncate">, plan: JournalPlan): Promise<number> {
  if (plan.kind === "keep") return 0;
  if (plan.kind === "replace") {
    for (const [partition, end] of await log.ends("journal")) await log.truncate("journal", partition, end);
  }
  for (let at = 0; at < plan.records.length; at += APPENDED_MAX) {
    const some = plan.records.slice(at, at + APPENDED_MAX);
    await log.append(
      "journal",
      some.map((value) => ({ key: JOURNAL_KEY, value })),
    );
  }
  return plan.records.length;
}
