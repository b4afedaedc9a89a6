import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { toAnalystLimits, toAnalystOpening } from "./analyst-reach.ts";
import { type Engine, openEngine } from "./chdb-sessions.ts";
import { findHolder, makeEngineFolder } from "./engine-folder.ts";
import { toHttpFront, type WarehouseUser } from "./http-front.ts";
import type { FromEngine, ToEngine } from "./messages.ts";
import { openNoteLine } from "./note-line.ts";
import { toRefusedFunctions } from "./read-access.ts";
import { PassingFiles } from "./request-body.ts";

// The process of the embedded engine: chDB hangs or crashes in a worker thread, and its crash must not be ours.

/** Requests under way have so long to end before the process goes all the same. */
const CLOSE_TIMEOUT_MS = 8_000;
const ERROR_CODES_MAX = 2_000;

function tell(message: FromEngine): void {
  process.send?.(message);
}

async function selectLines(engine: Engine, sql: string): Promise<string[]> {
  await using lease = await engine.lease("control");
  const { bytes } = await lease.run(sql, "TSVRaw");
  return Buffer.from(bytes).toString("utf8").trimEnd().split("\n");
}

async function openOrExplain(
  folder: string,
  open: Extract<ToEngine, { kind: "open" }>,
): Promise<{ engine: Engine; passing: string }> {
  const parts = await makeEngineFolder(folder);
  const args = [`--max_server_memory_usage=${open.memoryBytesMax}`, `--config-file=${parts.configuration}`];
  if (open.backupsFolder !== undefined) args.push(`--backups.allowed_path=${open.backupsFolder.replace(/\/*$/, "/")}`);
  const holder = await findHolder(parts);
  try {
    const analyst = toAnalystOpening(open.analystTables, open.memoryBytesMax);
    return { engine: openEngine(parts.store, args, { analyst }), passing: parts.passing };
  } catch (error) {
    const why =
      holder === undefined
        ? `the engine must be able to load it (${error instanceof Error ? error.message : "unknown"})`
        : `process ${holder} has it open and one process a folder is all it takes: stop that one, or give another folder`;
    throw new Error(`Cannot open the warehouse folder "${folder}": ${why}`);
  }
}

async function start(open: Extract<ToEngine, { kind: "open" }>): Promise<Server> {
  const { engine, passing } = await openOrExplain(open.folder, open);
  const named = await selectLines(
    engine,
    `SELECT number, errorCodeToName(number) AS name FROM numbers(${ERROR_CODES_MAX}) WHERE name != ''`,
  );
  const errorNames = new Map(named.map((line) => line.split("\t")).map(([code, name = ""]) => [Number(code), name]));
  const refused = toRefusedFunctions(await selectLines(engine, "SELECT name FROM system.table_functions"));
  const files = await PassingFiles.open(passing);
  const reach = { refused, tables: open.analystTables, limits: toAnalystLimits(open.memoryBytesMax) };
  users = open.users;
  const note = open.notes ? line.note : undefined;
  const server = toHttpFront({ engine, files, reach, errorNames, note }, () => users);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(open.port, "127.0.0.1", resolve);
  });
  return server;
}

/**
 * Ends this process, now.
 *
 * Killed, not exited: the engine's own end, at exit or when its last session closes, can wait for ever for a merge or
 * a statement, and a process that hangs there holds the folder. What was acknowledged is on the disk, and the engine
 * opens after this as after any end.
 */
function end(): void {
  process.kill(process.pid, "SIGKILL");
}

function tellAndEnd(message: FromEngine): void {
  if (process.send === undefined || !process.connected) end();
  else process.send(message, end);
}

function close(server: Server): void {
  const closed = () => tellAndEnd({ kind: "closed" });
  setTimeout(closed, CLOSE_TIMEOUT_MS);
  server.close(closed);
  server.closeIdleConnections();
}

const line = openNoteLine(tell);
let users: readonly WarehouseUser[] = [];
let running: Promise<Server> | undefined;

function finish(): void {
  if (running === undefined) end();
  else running.then(close, end);
}

process.on("message", (message: ToEngine) => {
  if (message.kind === "close") return finish();
  if (message.kind === "noted") return line.answer(message);
  if (message.kind === "users") {
    users = message.users;
    return;
  }
  running = start(message);
  running.then(
    (server) => tell({ kind: "ready", port: (server.address() as AddressInfo).port }), // it listens on TCP
    (error: unknown) => tellAndEnd({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
});
// A parent that is gone, killed or not, leaves no orphan that holds the folder: nobody waits for an answer any more.
process.on("disconnect", end);
process.on("SIGTERM", finish);
process.on("SIGINT", () => {}); // from a terminal it reaches parent and child: the parent decides
