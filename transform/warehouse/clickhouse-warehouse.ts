import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { type ClickHouseClient, ClickHouseLogLevel, type ClickHouseSettings, createClient } from "@clickhouse/client";
import { type Statement, type Warehouse, WarehouseUnavailable } from "../../schemas/ports.ts";
import type { Settings } from "../../schemas/settings.ts";
import { type BackOff, toBackOffMs, waitMs } from "../back-off.ts";
import { toWarehouseError } from "./clickhouse-errors.ts";
import { CLUSTER_SETTINGS, type Cluster, toClusterStatements } from "./cluster-script.ts";

/** How often a call is tried before it is given up as unavailable, and the waits between. */
export interface Retries extends BackOff {
  /** Tries in all, the first included. */
  readonly triesMax: number;
}

/** Where ClickHouse is and who asks. */
export interface ClickhouseOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Name of the cluster that the tables are spread over; empty or absent for a single server. */
  readonly cluster?: string;
  /** PEM file of the authority that signed the server's certificate; empty or absent for the public ones. */
  readonly caFile?: string;
  readonly retries?: Retries;
  /** A call that takes longer is given up as unavailable, milliseconds. */
  readonly requestMsMax?: number;
}

const RETRIES: Retries = { triesMax: 5, firstMs: 50, maxMs: 2_000 };
/** Long enough for a close or an `ALTER ... DELETE` over a year of rows. */
const REQUEST_MS_MAX = 300_000;
/** Below the shortest keep-alive of any server (3 s), so that no request is sent into a socket that is being closed. */
const IDLE_SOCKET_MS_MAX = 800;
const PING_MS_MAX = 5_000;

/** An INSERT is settled when it is answered, its repeats are known by its token, and it may touch every day of a year. */
function toInsertSettings(token: string): ClickHouseSettings {
  return {
    async_insert: 0,
    insert_deduplicate: 1,
    insert_deduplication_token: token,
    max_partitions_per_insert_block: "0",
    wait_end_of_query: 1,
  };
}

/** Where ClickHouse is according to the settings. Only for `clickhouseUrl` that is not empty. */
export function toClickhouseOptions(settings: WarehouseSettings): ClickhouseOptions {
  return {
    url: settings.clickhouseUrl,
    user: settings.clickhouseUser,
    password: settings.clickhousePassword,
    database: settings.clickhouseDatabase,
    cluster: settings.clickhouseCluster,
    caFile: settings.clickhouseCaFile,
  };
}

/** The same for who may only read: the analysts' user of the settings, or the service's own if they name none. */
export function toAnalystOptions(
  settings: WarehouseSettings & Pick<Settings, "clickhouseAnalystUser" | "clickhouseAnalystPassword">,
): ClickhouseOptions {
  const { clickhouseAnalystUser: user, clickhouseAnalystPassword: password } = settings;
  return { ...toClickhouseOptions(settings), ...(user === "" ? {} : { user, password }) };
}

/** The settings that say where ClickHouse is. */
export type WarehouseSettings = Pick<
  Settings,
  | "clickhouseUrl"
  | "clickhouseUser"
  | "clickhousePassword"
  | "clickhouseDatabase"
  | "clickhouseCluster"
  | "clickhouseCaFile"
>;

/** Throws Error that names the file if it cannot be read. */
function readAuthority(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const code = error instanceof Error ? String(Reflect.get(error, "code")) : "unknown";
    throw new Error(
      `Cannot read "${file}", which ROEBUCK_CLICKHOUSE_CA_FILE names (${code}): it must be a PEM file that this process may read`,
    );
  }
}

/**
 * Opens ClickHouse behind the {@link Warehouse} port; connects on first use, so an absent server shows at the first call.
 *
 * @throws Error if the file of the authority cannot be read
 */
export function openClickhouseWarehouse(options: ClickhouseOptions): Warehouse {
  const { caFile = "", cluster = "" } = options;
  const client = createClient({
    url: options.url,
    username: options.user,
    password: options.password,
    database: options.database,
    application: "roebuck",
    ...(caFile === "" ? {} : { tls: { ca_cert: readAuthority(caFile) } }),
    ...(cluster === "" ? {} : { clickhouse_settings: CLUSTER_SETTINGS }),
    request_timeout: options.requestMsMax ?? REQUEST_MS_MAX,
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_MS_MAX, eagerly_destroy_stale_sockets: true },
    compression: { request: false, response: false },
    // The client's own log would repeat the engine's texts, which can quote rows.
    log: { level: ClickHouseLogLevel.OFF },
  });
  return new ClickhouseWarehouse(
    client,
    options.retries ?? RETRIES,
    cluster === "" ? undefined : { name: cluster, database: options.database },
  );
}

class ClickhouseWarehouse implements Warehouse {
  readonly #client: ClickHouseClient;
  readonly #retries: Retries;
  readonly #cluster: Cluster | undefined;

  constructor(client: ClickHouseClient, retries: Retries, cluster: Cluster | undefined) {
    this.#client = client;
    this.#retries = retries;
    this.#cluster = cluster;
  }

  rows<Row>({ sql, parameters, settings }: Statement): Promise<Row[]> {
    return this.#retried("read from the warehouse", async () => {
      const result = await this.#client.query({
        query: sql,
        format: "JSONEachRow",
        query_params: { ...parameters },
        // The engine keeps the answer until it is whole: an error in the middle is an error, not a short answer.
        clickhouse_settings: { output_format_json_quote_64bit_integers: 1, wait_end_of_query: 1, ...settings },
      });
      return result.json<Row>();
    });
  }

  /** An ALTER of one of our tables goes to the tables that have the rows, on every node of a cluster. */
  async execute(statement: Statement): Promise<void> {
    const { sql } = statement;
    const isSpread = this.#cluster !== undefined && /^\s*ALTER TABLE \w+(?! ON CLUSTER)\s/.test(sql);
    const all = this.#cluster !== undefined && isSpread ? toClusterStatements(sql, this.#cluster) : [sql];
    for (const one of all) await this.#executeOne({ ...statement, sql: one });
  }

  #executeOne({ sql, parameters, settings }: Statement): Promise<void> {
    const insert = /^\s*INSERT\b/i.test(sql) ? toInsertSettings(randomUUID()) : { wait_end_of_query: 1 as const };
    return this.#retried("change the warehouse", async () => {
      await this.#client.command({
        query: sql,
        query_params: { ...parameters },
        clickhouse_settings: { ...insert, ...settings },
      });
    });
  }

  async insertRows(table: string, rows: readonly object[], token: string = randomUUID()): Promise<void> {
    if (rows.length === 0) return;
    await this.#retried(`insert into ${table}`, async () => {
      await this.#client.insert({
        table,
        values: rows,
        format: "JSONEachRow",
        clickhouse_settings: { ...toInsertSettings(token), date_time_input_format: "best_effort" },
      });
    });
  }

  /** The client's `insert` knows no Arrow; its `exec` sends the body as it is. */
  insertArrow(table: string, columns: readonly string[], body: Uint8Array, token: string): Promise<void> {
    return this.#retried(`insert into ${table}`, async () => {
      const { stream } = await this.#client.exec({
        query: `INSERT INTO ${table} (${columns.join(", ")}) FORMAT ArrowStream`,
        values: Readable.from([body], { objectMode: false }),
        clickhouse_settings: toInsertSettings(token),
      });
      // Unread answers hold their socket.
      for await (const _ of stream);
    });
  }

  /** The engine keeps the answer until it is whole, so that an error in the middle is an error. */
  stream({ sql, parameters, settings }: Statement, format: string): Promise<AsyncIterable<Uint8Array>> {
    return this.#retried("read from the warehouse", async () => {
      const { stream } = await this.#client.exec({
        query: `${sql} FORMAT ${format}`,
        query_params: { ...parameters },
        clickhouse_settings: { wait_end_of_query: 1, ...settings },
      });
      return toPieces(stream);
    });
  }

  /** A body that streams can be sent only once: whoever calls begins again. */
  async insertStream(
    table: string,
    format: string,
    body: AsyncIterable<Uint8Array>,
    token: string = randomUUID(),
  ): Promise<void> {
    try {
      const { stream } = await this.#client.exec({
        query: `INSERT INTO ${table} FORMAT ${format}`,
        values: Readable.from(body, { objectMode: false }),
        clickhouse_settings: toInsertSettings(token),
      });
      for await (const _ of stream);
    } catch (error) {
      throw toWarehouseError(error, `insert into ${table}`);
    }
  }

  async ping(): Promise<boolean> {
    const { success } = await this.#client.ping({ select: true, abort_signal: AbortSignal.timeout(PING_MS_MAX) });
    return success;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }

  async #retried<T>(action: string, call: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await call();
      } catch (error) {
        const sorted = toWarehouseError(error, action);
        if (!(sorted instanceof WarehouseUnavailable) || tries >= this.#retries.triesMax) throw sorted;
        await waitMs(toBackOffMs(tries, this.#retries, Math.random()));
      }
    }
  }
}

/** What breaks while the answer is read is the warehouse's failure too. */
async function* toPieces(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    throw toWarehouseError(error, "read from the warehouse");
  }
}
