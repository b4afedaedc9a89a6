import { randomUUID } from "node:crypto";
import type { Warehouse } from "../schemas/ports.ts";

/** A turn at something that only one process may do at a time; disposing gives it back. */
export interface Lease extends AsyncDisposable {
  /** Aborted when the turn is lost: it could not be kept up, or another process has taken the next. */
  readonly signal: AbortSignal;
  /** Looks in the store whether the turn is still this process's: to be asked before what must not be done twice. */
  isMine(): Promise<boolean>;
}

/** How long a turn lasts without a sign of life, seconds: whoever is killed holds others up for no longer. */
export const LEASE_SECONDS = 120;

interface Turn {
  readonly number: string;
  readonly holder: string;
  readonly isFree: number;
}

/**
 * Takes the turn at `name` if nobody has it; undefined if somebody has.
 *
 * Taking is an insert with a token of the turn's number: of all who insert the same turn ClickHouse keeps the first and
 * takes the others for repeats, so the row that is read back says whose it is. It is kept up in the background; a
 * process that was frozen finds its signal aborted, or itself refused by {@link Lease.isMine}, before it goes on.
 *
 * @param seconds how long it lasts without a sign of life, by the server's clock
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function takeLease(
  warehouse: Warehouse,
  name: string,
  seconds: number = LEASE_SECONDS,
): Promise<Lease | undefined> {
  const holder = randomUUID();
  const last = await readTurn(warehouse, name);
  if (last !== undefined && last.isFree === 0) return undefined;
  const turn = Number(last?.number ?? 0) + 1;
  const write = (released: 0 | 1, token?: string) =>
    warehouse.insertRows("leases", [{ name, turn, holder, released, seconds }], token);
  let keptMs = performance.now();
  await write(0, `lease:${name}:${turn}`);
  const isMine = async () => {
    const now = await readTurn(warehouse, name);
    return now?.holder === holder && Number(now.number) === turn && now.isFree === 0;
  };
  if (!(await isMine())) return undefined;
  const lost = new AbortController();
  const timer = setInterval(async () => {
    const atMs = performance.now();
    if (atMs - keptMs > seconds * 1_000) return lost.abort();
    try {
      await write(0);
      keptMs = atMs;
    } catch {
      // the store is away: the next sign of life may come in time
    }
  }, seconds * 300);
  timer.unref();
  return {
    signal: lost.signal,
    async isMine() {
      if (lost.signal.aborted || performance.now() - keptMs > seconds * 1_000) return false;
      return isMine();
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await write(1).catch(() => undefined); // it ends by itself
    },
  };
}

async function readTurn(warehouse: Warehouse, name: string): Promise<Turn | undefined> {
  const [row] = await warehouse.rows<Turn>({
    sql: `SELECT toString(leases.turn) AS number, any(holder) AS holder,
            toUInt8(max(released) = 1 OR max(until) < now64(3, 'UTC')) AS isFree
          FROM leases WHERE name = {name:String}
            AND turn = (SELECT max(turn) FROM leases WHERE name = {name:String}) GROUP BY leases.turn`,
    parameters: { name },
  });
  return row;
}
