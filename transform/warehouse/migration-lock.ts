import { randomUUID } from "node:crypto";
import type { Warehouse } from "../../schemas/ports.ts";
import { waitMs } from "../back-off.ts";

/** The table of the lock: a row for each time a turn was taken, kept or given back. The clock is the server's. */
export const LOCK_TABLE = `CREATE TABLE IF NOT EXISTS migration_lock
(
    turn UInt32,
    holder String,
    released UInt8,
    until DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') + INTERVAL 60 SECOND
)
ENGINE = MergeTree
ORDER BY turn
SETTINGS {table_settings}`;

/** How long to wait for others. */
export interface LockWaits {
  /** Longest wait for the lock, milliseconds. */
  readonly waitMsMax: number;
  /** Between two looks at it, milliseconds. */
  readonly pollMs: number;
}

const WAITS: LockWaits = { waitMsMax: 600_000, pollMs: 250 };
/** A third of the lease of {@link LOCK_TABLE}. */
const RENEW_MS = 20_000;

interface Turn {
  readonly turn: number;
  readonly holder: string;
  readonly isFree: number;
}

/**
 * Runs `work` while no other process does, wherever it is.
 *
 * A turn is an insert with a token of its number: of all who insert the same turn ClickHouse keeps the first and
 * takes the others for repeats, so the row that is there says whose turn it is. It needs no Keeper on a single server
 * and is decided in Keeper on a cluster. A holder that dies loses the turn within a minute. One that was merely
 * frozen may wake beside the next holder: the work must be harmless when two do it, and migrations are, because each
 * of their statements is repeatable; the lock spares the second the work and the errors.
 *
 * @throws Error if others keep the lock for longer than `waits.waitMsMax`
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function withMigrationLock<T>(
  warehouse: Warehouse,
  work: () => Promise<T>,
  waits: LockWaits = WAITS,
): Promise<T> {
  const holder = randomUUID();
  const turn = await takeTurn(warehouse, holder, waits);
  const write = (released: 0 | 1) => warehouse.insertRows("migration_lock", [{ turn, holder, released }]);
  // A lease that cannot be renewed ends by itself.
  const timer = setInterval(() => void write(0).catch(() => undefined), RENEW_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await write(1).catch(() => undefined);
  }
}

async function takeTurn(warehouse: Warehouse, holder: string, waits: LockWaits): Promise<number> {
  const untilMs = performance.now() + waits.waitMsMax;
  for (;;) {
    const last = await readTurn(warehouse);
    if (last?.holder === holder) return last.turn;
    if (last === undefined || last.isFree === 1) {
      const turn = (last?.turn ?? 0) + 1;
      await warehouse.insertRows("migration_lock", [{ turn, holder, released: 0 }], `migration-lock:${turn}`);
      const now = await readTurn(warehouse);
      if (now?.turn === turn && now.holder === holder) return turn;
    }
    if (performance.now() > untilMs) {
      throw new Error(
        `Cannot migrate: another process has been migrating for ${waits.waitMsMax / 1_000} s; wait for it, or end it and start again a minute later`,
      );
    }
    await waitMs(waits.pollMs);
  }
}

async function readTurn(warehouse: Warehouse): Promise<Turn | undefined> {
  const [row] = await warehouse.rows<Turn>({
    sql: `SELECT turn, any(holder) AS holder, toUInt8(max(released) = 1 OR max(until) < now64(3, 'UTC')) AS isFree
          FROM migration_lock WHERE turn = (SELECT max(turn) FROM migration_lock) GROUP BY turn`,
  });
  return row;
}
