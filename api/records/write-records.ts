import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { listRecords, readStoredRows } from "../../reporting/records.ts";
import type { Month } from "../../schemas/ids.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import { CommandError, type CommandIo } from "../command-io.ts";
import { type HouseStyle, type RecordStyle, ROEBUCK_STYLE, toRecordStyle, toStylePrint } from "../house-style.ts";
import type { DrawJob, Drawn } from "./draw-job.ts";
import { runDrawPool } from "./draw-pool.ts";
import { dropHalves, toDigest } from "./put-file.ts";
import type { RecordFormat } from "./record-files.ts";
import { toReleasePrint } from "./release-print.ts";
import { WrittenList } from "./written-list.ts";

/** Partners read at once: few enough to keep memory flat, enough to make queries rare. */
const PARTNERS_AT_ONCE = 25;

/** What is to be written where. */
export interface RecordsOrder {
  readonly month: Month;
  readonly formats: readonly RecordFormat[];
  readonly folder: string;
  /** Only these; every Partner with a record of the month if absent. */
  readonly partners?: readonly string[];
  /** Roebuck's own if absent. */
  readonly style?: HouseStyle;
  /** Default: one a core. */
  readonly threads?: number;
}

/** A record that could not be written, and why. */
export interface RecordFailure {
  readonly partner: string;
  readonly format: RecordFormat;
  readonly problem: string;
}

/** What became of a run. */
export interface RecordsOutcome {
  readonly written: number;
  /** Were there already, from the very same figures, style and release. */
  readonly unchanged: number;
  readonly failures: readonly RecordFailure[];
  /** True: stopped before its end; what is missing comes with the next run. */
  readonly isStopped: boolean;
}

/** Folders that a run of this process works in. */
const busy = new Set<string>();

/**
 * Writes the records of a closed month, over all cores, one file aside and renamed at a time. What is there and
 * unchanged is left alone, so that a run that was stopped goes on; a record that fails holds up no other.
 *
 * @throws CommandError if the folder cannot be used; WarehouseUnavailable, WarehouseRefused
 */
export async function writeRecords(
  warehouse: Warehouse,
  order: RecordsOrder,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<RecordsOutcome> {
  const { folder, month, formats } = order;
  openFolder(folder);
  try {
    const partners = order.partners ?? (await listRecords(warehouse, month)).map(({ partner }) => partner);
    const list = new WrittenList(folder, month);
    const run = { done: 0, written: 0, unchanged: 0, failures: [] as RecordFailure[] };
    const total = partners.length * formats.length;
    const tell = () => io.progress("records", ++run.done, total);
    const prints = new Map<DrawJob, string>();
    const onDrawn = (job: DrawJob, drawn: Drawn) => {
      const { partner, format } = job;
      if ("problem" in drawn) run.failures.push({ partner, format, problem: drawn.problem });
      else {
        list.add({ partner, format, made_from: prints.get(job) ?? "", files: drawn.files });
        run.written += 1;
      }
      prints.delete(job);
      tell();
    };
    const onCurrent = () => {
      run.unchanged += 1;
      tell();
    };
    const threads = Math.max(1, Math.min(order.threads ?? availableParallelism(), total));
    const onProblem = (failure: RecordFailure) => {
      run.failures.push(failure);
      tell();
    };
    const jobs = planJobs(warehouse, order, partners, { list, prints, onCurrent, onProblem });
    try {
      await runDrawPool(jobs, { threads, signal: io.signal, onDrawn });
    } finally {
      list.save();
    }
    const { done, ...outcome } = run;
    return { ...outcome, isStopped: done < total };
  } finally {
    busy.delete(folder);
  }
}

function openFolder(folder: string): void {
  if (busy.has(folder))
    throw new CommandError(
      `Cannot write records to "${folder}": another run is at work in it. Wait until it has ended.`,
    );
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    dropHalves(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : String(error);
    throw new CommandError(`Cannot write records to "${folder}": ${code}. Name a folder that can be written.`);
  }
  busy.add(folder);
}

interface PlanParts {
  readonly list: WrittenList;
  /** What each job is made from, by the job. */
  readonly prints: Map<DrawJob, string>;
  onCurrent(): void;
  onProblem(failure: RecordFailure): void;
}

/** The style of a Partner's record; a sentence if its logo cannot be used, which is no fault of the others. */
function toStyle(house: HouseStyle, partner: string): RecordStyle | string {
  try {
    return toRecordStyle(house, partner);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What has to be drawn, read a few Partners at a time, as the threads ask for it. */
async function* planJobs(
  warehouse: Warehouse,
  { month, formats, folder, style: house = ROEBUCK_STYLE }: RecordsOrder,
  partners: readonly string[],
  { list, prints, onCurrent, onProblem }: PlanParts,
): AsyncGenerator<DrawJob> {
  const release = toReleasePrint();
  for (let from = 0; from < partners.length; from += PARTNERS_AT_ONCE) {
    const some = partners.slice(from, from + PARTNERS_AT_ONCE);
    const stored = await readStoredRows(warehouse, month, some);
    for (const partner of some) {
      const rows = stored.get(partner) ?? [];
      for (const format of formats) {
        const style = toStyle(house, partner);
        if (typeof style === "string") {
          onProblem({ partner, format, problem: style });
          continue;
        }
        const made_from = toDigest(JSON.stringify([release, format, rows, toStylePrint(style)]));
        if (list.isCurrent({ partner, format, made_from })) {
          onCurrent();
          continue;
        }
        const job = { partner, month, format, folder, style, rows };
        prints.set(job, made_from);
        yield job;
      }
    }
  }
}
