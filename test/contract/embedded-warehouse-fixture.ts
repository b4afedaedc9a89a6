import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ClickHouseClient,
  type ClickHouseClientConfigOptions,
  ClickHouseLogLevel,
  createClient,
} from "@clickhouse/client";
import {
  type EmbeddedWarehouse,
  type EmbeddedWarehouseOptions,
  openEmbeddedWarehouse,
} from "../../transform/warehouse/embedded/supervisor.ts";

export const ADMIN = { name: "admin", password: "of the warehouse", role: "admin" } as const;
export const READER = { name: "analyst", password: "of the readers", role: "reader" } as const;
/** Reads the table `views_v1`, and nothing else. */
export const ANALYST = { name: "ada", password: "of an analyst", role: "analyst" } as const;

/** A running warehouse in a folder of its own, and clients for it; all gone on disposal. */
export interface WarehouseFixture extends AsyncDisposable {
  readonly warehouse: EmbeddedWarehouse;
  readonly folder: string;
  readonly admin: ClickHouseClient;
  readonly reader: ClickHouseClient;
  /** A client of the admin with other settings. */
  client(options: ClickHouseClientConfigOptions): ClickHouseClient;
  /** A raw POST of the admin: what curl would send. */
  post(search: Record<string, string>, body?: RequestInit["body"], headers?: Record<string, string>): Promise<Response>;
}

/** A folder that is removed on disposal. */
export async function aFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "roebuck-warehouse-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Waits until the condition holds; the test's own time-out says when to give up. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25));
}

/** Starts a warehouse with an admin and a reader. */
export async function aWarehouse(options: Partial<EmbeddedWarehouseOptions> = {}): Promise<WarehouseFixture> {
  const folder = await aFolder();
  const warehouse = await openEmbeddedWarehouse({ folder: folder.path, users: [ADMIN, READER, ANALYST], ...options });
  const clients: ClickHouseClient[] = [];
  const client = (more: ClickHouseClientConfigOptions) => {
    const { name: username, password } = ADMIN;
    const made = createClient({
      url: warehouse.url,
      username,
      password,
      log: { level: ClickHouseLogLevel.OFF },
      ...more,
    });
    clients.push(made);
    return made;
  };
  return {
    warehouse,
    folder: folder.path,
    admin: client({}),
    reader: client({ username: READER.name, password: READER.password }),
    client,
    post: (search, body, headers) =>
      fetch(`${warehouse.url}/?${new URLSearchParams(search)}`, {
        method: "POST",
        body: body ?? null,
        headers: { "X-ClickHouse-User": ADMIN.name, "X-ClickHouse-Key": ADMIN.password, ...headers },
      }),
    [Symbol.asyncDispose]: async () => {
      for (const one of clients) await one.close();
      await warehouse[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** All the values of a query's only column. */
export async function values(client: ClickHouseClient, query: string): Promise<string[]> {
  const result = await client.query({ query, format: "JSONCompactEachRow" });
  return (await result.json<unknown[]>()).map((row) => String(row[0]));
}
