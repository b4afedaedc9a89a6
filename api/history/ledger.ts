import { createHash, createHmac, type Hash } from "node:crypto";
import type { SealedNote } from "../../schemas/event.ts";
import type { Warehouse } from "../../schemas/ports.ts";

/** The action of the audit trail under which pieces of histories stand. */
export const HISTORY_ACTION = "import.history";

/** A beginning of a file that has been taken: its digest and number of items, and the digest of the beginning before it. */
export interface TakenPiece {
  readonly digest: string;
  /** Digest of the shorter beginning that was taken before; empty for the first. */
  readonly after: string;
  readonly items: number;
  /** The kind of file, site and days that it was read under. */
  readonly scope: string;
}

/** What has been taken, by digest. */
export interface Ledger {
  readonly taken: ReadonlyMap<string, TakenPiece>;
  /** Digests after which another piece was taken. */
  readonly continued: ReadonlySet<string>;
  /** Numbers of items at which a beginning of any file was taken. */
  readonly places: ReadonlySet<number>;
  readonly itemsMax: number;
}

/**
 * The digest of everything read so far. Keyed, so that a line of somebody's cannot be guessed and tried against it.
 *
 * @param key the collector's seal key
 * @param source the kind of file and the site: one file may be read for two sites
 */
export class RunningDigest {
  readonly #key: Uint8Array;
  readonly #hash: Hash;

  constructor(key: Uint8Array, source: string) {
    this.#key = key;
    this.#hash = createHash("sha256").update(`${source}\n`);
  }

  add(item: Uint8Array): void {
    this.#hash.update(`${item.byteLength}\n`).update(item);
  }

  /** Of what was added so far; more can be added. */
  now(): string {
    return createHmac("sha256", this.#key).update("import.history\n").update(this.#hash.copy().digest()).digest("hex");
  }
}

/** The note that goes with the sums of a piece. Pure. */
export function toPieceNote(
  { digest, after, items, scope }: TakenPiece,
  site: string,
  actor: string,
  atMs: SealedNote["atMs"],
): SealedNote {
  return {
    kind: "note",
    v: 1,
    atMs,
    actor,
    action: HISTORY_ACTION,
    subject: "",
    detail: { site, digest, after, items, scope },
  };
}

/** What has been stored of histories. Throws WarehouseUnavailable. */
export async function readLedger(warehouse: Pick<Warehouse, "rows">): Promise<Ledger> {
  const pieces = await warehouse.rows<TakenPiece>({
    sql: `SELECT DISTINCT JSONExtractString(detail, 'digest') AS digest, JSONExtractString(detail, 'after') AS after,
            JSONExtractUInt(detail, 'items') AS items, JSONExtractString(detail, 'scope') AS scope
          FROM audit WHERE action = {action:String}`,
    parameters: { action: HISTORY_ACTION },
  });
  return toLedger(pieces.map((piece) => ({ ...piece, items: Number(piece.items) }))); // 64-bit integers come as strings
}

/** Pieces, ready for look-ups. Pure. */
export function toLedger(pieces: readonly TakenPiece[]): Ledger {
  const places = new Set(pieces.map(({ items }) => items));
  return {
    taken: new Map(pieces.map((piece) => [piece.digest, piece])),
    continued: new Set(pieces.map(({ after }) => after)),
    places,
    itemsMax: [...places].reduce((most, items) => Math.max(most, items), 0),
  };
}
