import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import type { Warehouse } from "../schemas/ports.ts";
import type { Settings } from "../schemas/settings.ts";
import { VIEWS } from "../schemas/views.ts";
import {
  type ClickhouseOptions,
  openClickhouseWarehouse,
  toAnalystOptions,
  toClickhouseOptions,
} from "../transform/warehouse/clickhouse-warehouse.ts";
import { findHolder, toEngineFolder } from "../transform/warehouse/embedded/engine-folder.ts";
import type { NoteQuery } from "../transform/warehouse/embedded/query-note.ts";
import { type EngineUser, openEmbeddedWarehouse } from "../transform/warehouse/embedded/supervisor.ts";
import { migrate, toTableSettings } from "../transform/warehouse/migrate.ts";
import { toWarehouseFolder } from "./folders.ts";
import type { Logger } from "./logger.ts";

/** ClickHouse, open and migrated. */
export interface OpenWarehouse extends AsyncDisposable {
  readonly warehouse: Warehouse;
  readonly writerAccess: ClickhouseOptions;
  /** The way of `sql` and `export`: may read, nothing else. */
  readonly readerAccess: ClickhouseOptions;
  /** Only of the embedded engine. */
  readonly analystDoor: AnalystDoor | undefined;
}

/** Where analysts' own tools come in to the embedded engine. */
export interface AnalystDoor {
  readonly url: string;
  readonly database: string;
  /** Says who notes what analysts ask; until then none of it is answered. */
  noteBy(note: NoteQuery): void;
  /** Lets in these and no others, from now on; they can read the views and nothing else. */
  admit(analysts: readonly { readonly name: string; readonly passwordSha256: string }[]): void;
}

const MEGABYTE = 1_048_576;
const ORPHAN_MS_MAX = 10_000;
const POLL_MS = 25;

/**
 * Opens the embedded engine in the data folder, or the server that the settings name, and brings its schema up to date.
 *
 * @throws WarehouseUnavailable, WarehouseRefused; Error if the folder is in use or the schema is of a newer release
 */
export async function openWarehouse(settings: Settings, logger: Logger): Promise<OpenWarehouse> {
  await using opened = new AsyncDisposableStack(); // closes what is open if the rest cannot be opened
  const { writer, reader, analystDoor } = await openAccess(settings, logger, opened);
  const warehouse = opened.use(openClickhouseWarehouse(writer));
  await migrate(warehouse, {
    cluster: settings.clickhouseUrl === "" ? "" : settings.clickhouseCluster,
    values: {
      retention_days: settings.retentionDays,
      table_settings: toTableSettings(settings.minFreeDiskMb * MEGABYTE),
    },
  });
  const kept = opened.move();
  return {
    warehouse,
    writerAccess: writer,
    readerAccess: reader,
    analystDoor,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The embedded engine in the data folder with passwords of its own for each start, or the server that the settings name. */
async function openAccess(
  settings: Settings,
  logger: Logger,
  opened: AsyncDisposableStack,
): Promise<{ writer: ClickhouseOptions; reader: ClickhouseOptions; analystDoor: AnalystDoor | undefined }> {
  if (settings.clickhouseUrl !== "") {
    const server = toClickhouseOptions(settings);
    return { writer: server, reader: toAnalystOptions(settings), analystDoor: undefined };
  }
  const folder = toWarehouseFolder(settings);
  await waitForOrphan(folder);
  const writer = { user: "roebuck", password: randomBytes(24).toString("base64url") };
  const reader = { user: "analyst", password: randomBytes(24).toString("base64url") };
  const ours: readonly EngineUser[] = [
    { name: writer.user, password: writer.password, role: "admin" },
    { name: reader.user, password: reader.password, role: "reader" },
  ];
  let note: NoteQuery = () => Promise.reject(new Error("Cannot note a query: nobody notes them yet"));
  const engine = opened.use(
    await openEmbeddedWarehouse({
      folder,
      port: settings.embeddedPort,
      users: ours,
      analystTables: { database: settings.clickhouseDatabase, names: Object.keys(VIEWS) },
      memoryBytesMax: settings.embeddedMemoryMb * MEGABYTE,
      noteQuery: (query) => note(query),
      onEvent: ({ kind, exitCode, signal }) => {
        if (kind !== "died") return;
        logger.error("the warehouse's process died; it is started again", {
          exitCode: exitCode ?? undefined,
          signal: signal ?? undefined,
        });
      },
    }),
  );
  const place = { url: engine.url, database: settings.clickhouseDatabase };
  const analystDoor: AnalystDoor = {
    ...place,
    noteBy: (by) => {
      note = by;
    },
    admit: (analysts) => engine.setUsers([...ours, ...analysts.map((one) => ({ ...one, role: "analyst" as const }))]),
  };
  return { writer: { ...place, ...writer }, reader: { ...place, ...reader }, analystDoor };
}

/**
 * The log's lock is ours, so whoever still has the warehouse open is the engine of a service that was killed. It ends
 * by itself; until then the folder cannot be opened.
 */
async function waitForOrphan(folder: string): Promise<void> {
  const untilMs = performance.now() + ORPHAN_MS_MAX;
  while (performance.now() < untilMs && (await findHolder(toEngineFolder(resolve(folder)))) !== undefined) {
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}
