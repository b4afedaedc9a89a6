import { toException, WarehouseException } from "./exceptions.ts";

/** What an analyst asked, as it is noted: never the words of the statement, because values in it may name a person. */
export interface AnalystQuery {
  /** The analyst's account. */
  readonly user: string;
  /** Tables of the warehouse that it reads, by name; none if it was refused. */
  readonly tables: readonly string[];
  /** A hash of the statement without its literals, hexadecimal: the same for a dashboard's query at each refresh. Empty if it was refused. */
  readonly digest: string;
  /** Rows of the answer: the engine in process counts these as read. */
  readonly rows: number;
  /** Time that the engine took, ms. */
  readonly elapsedMs: number;
  /** ClickHouse's number of the error if it was refused: what it asked for is not the analyst's. */
  readonly refused?: number;
}

/** Notes a query. What it throws keeps the answer from being sent. */
export type NoteQuery = (query: AnalystQuery) => Promise<void>;

/** Errors that say that an analyst reached for something else: ACCESS_DENIED, READONLY, INTO_OUTFILE_NOT_ALLOWED. */
const REACHED_OUT: readonly number[] = [497, 164, 358];

/** Notes a query before its answer is sent. Throws WarehouseException 209 if it cannot be noted: then nothing is told. */
export async function noteAnswer(note: NoteQuery, query: AnalystQuery): Promise<void> {
  try {
    await note(query);
  } catch {
    throw toException("notNoted", "The query cannot be noted now, so it is not answered: ask again later");
  }
}

/** Notes that an analyst was refused, if that is what the error says. Never throws: refused it is all the same. */
export async function noteRefusal(note: NoteQuery, user: string, error: unknown): Promise<void> {
  if (!(error instanceof WarehouseException) || !REACHED_OUT.includes(error.code)) return;
  await note({ user, tables: [], digest: "", rows: 0, elapsedMs: 0, refused: error.code }).catch(() => {});
}
