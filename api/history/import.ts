import type { HistoryItem, SkipReason } from "../../ingest/history.ts";
import { addView } from "../../ingest/statistics.ts";
import { SEALED_VERSION, type SealedStatistics, type StatisticsCell } from "../../schemas/event.ts";
import type { Clock, Log } from "../../schemas/ports.ts";
import { CommandError, type CommandIo } from "../command-io.ts";
import type { Item } from "./items.ts";
import { type Ledger, RunningDigest, type TakenPiece, toPieceNote } from "./ledger.ts";

/** Where a piece ends. Cells: so that its record stays well under a megabyte. Items: what a stop may have to read again. */
export interface PieceLimits {
  readonly cellsMax: number;
  readonly itemsMax: number;
}
const PIECE: PieceLimits = { cellsMax: 2_000, itemsMax: 100_000 };
const ITEMS_PER_TURN = 5_000;

/** A history, and how it is taken. */
export interface History {
  readonly file: string;
  /** Reads the file from its beginning, each time that it is called. */
  items(): AsyncGenerator<Item, boolean>;
  read(item: Item): HistoryItem;
  readonly site: string;
  /** The kind of file and the site. */
  readonly source: string;
  /** The days that are counted, in words. */
  readonly scope: string;
  readonly sealKey: Uint8Array;
  readonly isDryRun: boolean;
}

/** What a history came to. */
export interface Told {
  /** Items of the file, and how many of them had been taken before. */
  items: number;
  known: number;
  views: number;
  visits: number;
  /** Whether the file ends where an item does. */
  isWhole: boolean;
  readonly skipped: Map<SkipReason, number>;
}

type HistoryIo = Pick<CommandIo, "actor" | "progress" | "signal">;

interface Edges {
  readonly log: Pick<Log, "append">;
  readonly clock: Clock;
}

/**
 * Adds the sums of a history to the log, but for the beginning of it that was taken before.
 *
 * Sums have no ids by which a repeat could be known. So each record of sums tells, in the record itself, the digest of
 * the file up to where it reaches: what is stored of a file is known exactly, whenever the process was killed. The first
 * piece ends with the first item that can be read, so that a file is known again by its beginning.
 *
 * @param ledger what is stored; nothing of this file may be under way
 * @throws CommandError if the file has changed since it was taken, or is stopped
 */
export async function importHistory(
  { log, clock }: Edges,
  history: History,
  ledger: Ledger,
  io: HistoryIo,
  { cellsMax, itemsMax }: PieceLimits = PIECE,
): Promise<Told> {
  const start = await findTaken(history, ledger, io);
  const told: Told = { items: 0, known: start?.items ?? 0, views: 0, visits: 0, isWhole: true, skipped: new Map() };
  const digest = new RunningDigest(history.sealKey, history.source);
  let cells = new Map<string, StatisticsCell>();
  let after = start?.digest ?? "";
  let pending = 0;
  const flush = async (): Promise<void> => {
    if (pending === 0) return;
    const piece = { digest: digest.now(), after, items: told.items, scope: history.scope };
    const note = toPieceNote(piece, history.site, io.actor, clock.nowMs());
    const record: SealedStatistics = { kind: "statistics", v: SEALED_VERSION, cells: [...cells.values()], note };
    if (!history.isDryRun)
      await log.append("events", [{ key: `history ${history.site}`, value: Buffer.from(JSON.stringify(record)) }]);
    after = piece.digest;
    cells = new Map();
    pending = 0;
  };

  const items = history.items();
  for (let next = await items.next(); ; next = await items.next()) {
    if (next.done === true) {
      told.isWhole = next.value;
      break;
    }
    const item = next.value;
    digest.add(item.bytes);
    told.items++;
    if (told.items === told.known && digest.now() !== after) throw changed(history.file);
    if (told.items % ITEMS_PER_TURN === 0) await takeTurn(item, io);
    if (told.items <= told.known) continue;
    const { views, skipped } = history.read(item);
    addItem(told, cells, { views, skipped });
    const isReadable = !skipped.includes("unreadable");
    // Nothing that could not be read begins a piece: a file of another kind leaves no trace.
    if (pending > 0 || isReadable || after !== "") pending++;
    if (pending > 0 && (after === "" || cells.size >= cellsMax || pending >= itemsMax)) await flush();
  }
  if (told.items < told.known) throw changed(history.file);
  await flush();
  return told;
}

function addItem(told: Told, cells: Map<string, StatisticsCell>, { views, skipped }: HistoryItem): void {
  for (const view of views) {
    addView(cells, view);
    told.views++;
    if (view.visit) told.visits++;
  }
  for (const reason of skipped) told.skipped.set(reason, (told.skipped.get(reason) ?? 0) + 1);
}

/**
 * The longest beginning of the file that has been taken.
 *
 * @throws CommandError if more of a file that began like this one was taken than this one has: the rest would count twice
 */
async function findTaken(history: History, ledger: Ledger, io: HistoryIo): Promise<TakenPiece | undefined> {
  let found: TakenPiece | undefined;
  let items = 0;
  if (ledger.itemsMax === 0) return undefined;
  const digest = new RunningDigest(history.sealKey, history.source);
  for await (const item of history.items()) {
    items++;
    if (items > ledger.itemsMax) break;
    digest.add(item.bytes);
    if (ledger.places.has(items)) found = ledger.taken.get(digest.now()) ?? found;
    if (items % ITEMS_PER_TURN === 0) await takeTurn(item, io);
  }
  if (found === undefined) return undefined;
  if (ledger.continued.has(found.digest) && items > found.items) throw changed(history.file);
  if (found.scope !== history.scope)
    throw new CommandError(
      `Cannot import "${history.file}": it was imported before, with ${found.scope}. Give the same --from and --until.`,
    );
  return found;
}

function changed(file: string): CommandError {
  return new CommandError(
    `Cannot import "${file}": it begins like a file that was imported and goes on differently, so that lines would count twice. Give the file as it was, or with lines added at its end.`,
  );
}

async function takeTurn({ bytesRead, bytesTotal }: Item, io: HistoryIo): Promise<void> {
  io.progress("bytes read", bytesRead, bytesTotal);
  await new Promise((resolve) => setImmediate(resolve));
  if (io.signal.aborted)
    throw new CommandError("Stopped. Import the file again: what is in already does not count twice.");
}
