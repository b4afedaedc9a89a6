import { stat } from "node:fs/promises";
import {
  ANALYST_RESULT_BYTES_MAX,
  findTables,
  type Reach,
  refuseBeyondTables,
  refuseDatabase,
  refuseReal,
  toRealTablesQuery,
} from "./analyst-reach.ts";
import { type Answer, type AnswerOptions, toReadSummary } from "./answer.ts";
import type { Engine, EngineResult, Lease } from "./chdb-sessions.ts";
import { toServerException, WarehouseException } from "./exceptions.ts";
import { type Plan, planInsert, RESULT_BYTES_MAX, toOutfile } from "./plan.ts";
import { type NoteQuery, noteAnswer } from "./query-note.ts";
import { refuseOutsideReach } from "./read-access.ts";
import { findSettings, refuseSettings, refuseStrangeNames } from "./read-settings.ts";
import type { WarehouseRequest } from "./request.ts";
import type { PassingFile, PassingFiles } from "./request-body.ts";
import type { InsertRows } from "./statement.ts";
import { toStringLiteral } from "./values.ts";

/** What statements of every request run with. */
export interface Runner {
  readonly engine: Engine;
  readonly files: PassingFiles;
  /** What those who are not the admin can reach. */
  readonly reach: Reach;
  readonly errorNames: ReadonlyMap<number, string>;
  /** Notes what analysts ask; absent: nobody does. */
  readonly note: NoteQuery | undefined;
}

/** Of an analyst's statement: what is noted of it. */
interface Checked {
  readonly digest: string;
  readonly tables: readonly string[];
}

/** Settings of the request, and its id as the comment by which a running statement is found again. */
function withMark(settings: ReadonlyMap<string, string>, queryId: string): Map<string, string> {
  return new Map([["log_comment", queryId], ...settings]);
}

/** Ends the statement in the engine when the client goes: it would run to its end for nobody. */
async function untilGone<T>(runner: Runner, options: AnswerOptions, work: () => Promise<T>): Promise<T> {
  const kill = () => void runner.engine.kill(options.queryId).catch(() => {}); // nobody is left to hear of it
  options.signal.addEventListener("abort", kill, { once: true });
  try {
    return await work();
  } finally {
    options.signal.removeEventListener("abort", kill);
  }
}

async function readText(lease: Lease, sql: string): Promise<string> {
  return Buffer.from((await lease.run(sql, "TSVRaw")).bytes)
    .toString("utf8")
    .trimEnd();
}

/** Holds what a request asks for beside its statement against what its user may, before any of it is set. */
function checkRequest({ reach }: Runner, plan: Plan, request: WarehouseRequest): void {
  if (plan.checkedAs === undefined) return;
  refuseSettings(request.user, request.settings, plan.checkedAs === "analyst" ? reach.limits : {});
  if (plan.checkedAs === "analyst") refuseDatabase(request, request.database ?? "default", reach.tables);
}

/**
 * Holds a statement against what its user may reach, before it runs. Throws WarehouseException if that is not all of it.
 *
 * @returns what is to be noted of it; nothing if it is not an analyst's
 */
async function check(
  runner: Runner,
  lease: Lease,
  plan: Plan,
  request: WarehouseRequest,
): Promise<Checked | undefined> {
  const role = plan.checkedAs;
  if (role === undefined) return;
  const { reach } = runner;
  const sql = `${plan.sql}${plan.settings}`;
  const text = toStringLiteral(sql);
  const read = await readText(lease, `SELECT lower(hex(normalizedQueryHash(${text}))), formatQuerySingleLine(${text})`);
  const digest = read.slice(0, read.indexOf("\t"));
  const canonical = read.slice(digest.length + 1);
  const limits = role === "analyst" ? reach.limits : {};
  refuseSettings(request.user, findSettings(canonical), limits);
  refuseStrangeNames(request.user, canonical);
  const tree = await readText(lease, `EXPLAIN AST ${sql}`);
  refuseOutsideReach(request, tree, reach.refused);
  if (role !== "analyst") return;
  const inQuestion = refuseBeyondTables(request, { canonical, tree }, reach.tables);
  if (inQuestion.length > 0) {
    await using control = await runner.engine.lease("control");
    refuseReal(request.user, inQuestion, await readText(control, toRealTablesQuery(inQuestion)));
  }
  return { digest, tables: findTables(request, tree, reach.tables) };
}

/** Beyond so many bytes of a result its rows are not counted. */
const COUNTED_BYTES_MAX = 1024 ** 2;

/**
 * The rows of a result that lies in a file: what the engine tells as read, counted once more for the format that Java
 * asks for, because its driver takes a result for empty if this is 0.
 */
async function countResult(runner: Runner, plan: Plan, path: string, { rowsRead }: EngineResult): Promise<number> {
  if (plan.format !== "RowBinaryWithNamesAndTypes") return rowsRead;
  if ((await stat(path)).size > COUNTED_BYTES_MAX) return Math.max(1, rowsRead);
  const sql = `SELECT count() FROM file(${toStringLiteral(path)}, ${toStringLiteral(plan.format)})`;
  return count(runner, sql).catch(() => Math.max(1, rowsRead)); // nothing fails for want of it
}

async function sendResult(
  runner: Runner,
  plan: Plan,
  lease: Lease,
  answer: Answer,
  note: (result: EngineResult) => Promise<void>,
): Promise<void> {
  if (plan.answer === "bytes") {
    const result = await lease.run(`${plan.sql}${plan.settings}`, plan.format);
    await note(result);
    return answer.sendBytes(result.bytes, toReadSummary(result));
  }
  await using file = runner.files.reserve();
  const outfile = toOutfile(file.path);
  const result = await lease
    .run(`${plan.sql}\n${outfile}FORMAT ${plan.format}${plan.settings}`, plan.format)
    .catch((error: unknown) => {
      const hidden = [outfile, outfile.replace("INTO ", ""), file.path].map((text) => [text, ""] as const);
      throw toServerException(error, runner.errorNames, hidden);
    });
  await note(result);
  const rows = await countResult(runner, plan, file.path, result);
  await answer.sendFile(file.path, { ...toReadSummary(result), result_rows: rows });
}

/** Runs a statement and sends its result. */
export async function runPlan(
  runner: Runner,
  plan: Plan,
  request: WarehouseRequest,
  answer: Answer,
  options: AnswerOptions,
): Promise<void> {
  checkRequest(runner, plan, request);
  await using lease = await runner.engine.lease(plan.lane, options.signal);
  if (plan.isLastOfSession) lease.spoil();
  const bytesMax = plan.checkedAs === "analyst" ? ANALYST_RESULT_BYTES_MAX : RESULT_BYTES_MAX;
  const limits: [string, string][] = plan.answer === "file" ? [["max_result_bytes", String(bytesMax)]] : [];
  const settings = new Map([...limits, ...withMark(request.settings, options.queryId)]);
  await lease.prepare({ ...request, settings });
  const checked = await check(runner, lease, plan, request);
  const note = async ({ rowsRead, elapsedSeconds }: EngineResult): Promise<void> => {
    if (runner.note === undefined || checked === undefined || checked.tables.length === 0) return;
    const took = { rows: rowsRead, elapsedMs: Math.round(elapsedSeconds * 1_000) };
    await noteAnswer(runner.note, { user: request.user, ...checked, ...took });
  };
  await untilGone(runner, options, () => sendResult(runner, plan, lease, answer, note));
}

async function count(runner: Runner, tally: string): Promise<number> {
  await using lease = await runner.engine.lease("tally");
  return Number(Buffer.from((await lease.run(tally, "TSV")).bytes).toString("utf8"));
}

/** Inserts rows that lie in a file, and says how many. */
export async function runInsert(
  runner: Runner,
  rows: InsertRows,
  file: PassingFile & { readonly bytes: number },
  request: WarehouseRequest,
  answer: Answer,
  options: AnswerOptions,
): Promise<void> {
  if (file.bytes === 0) return answer.sendBytes(new Uint8Array(0), {});
  await using lease = await runner.engine.lease("write", options.signal);
  if (request.params.size > 0) lease.spoil();
  await lease.prepare({ database: request.database, settings: new Map(), params: request.params });
  const { sql, tally } = planInsert(rows, file.path, withMark(request.settings, options.queryId));
  // The count is for the sender's information: an insert does not fail for want of it.
  const counting = tally === undefined ? undefined : count(runner, tally).catch(() => 0);
  const result = await lease.run(sql, "Null").catch(async (error: unknown) => {
    await counting;
    throw toServerException(error, runner.errorNames, [[file.path, "the request body"]]);
  });
  const written = { written_rows: (await counting) ?? result.rowsRead, written_bytes: file.bytes };
  await answer.sendBytes(new Uint8Array(0), { ...toReadSummary(result), ...written });
}

/** True for an answer that failed because its client left, of which nobody needs to hear. */
export function isGone(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && !(error instanceof WarehouseException);
}
