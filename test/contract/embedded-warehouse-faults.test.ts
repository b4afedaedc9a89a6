import { spawn } from "node:child_process";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { describe, expect, it } from "vitest";
import { openEmbeddedWarehouse, type WarehouseEvent } from "../../transform/warehouse/embedded/supervisor.ts";
import { ADMIN, aFolder, aWarehouse, until, values } from "./embedded-warehouse-fixture.ts";

const TABLE = "CREATE TABLE IF NOT EXISTS acked (n UInt32) ENGINE = MergeTree ORDER BY n";

function aClient(url: string) {
  return createClient({ url, username: ADMIN.name, password: ADMIN.password, log: { level: ClickHouseLogLevel.OFF } });
}

const isUp = (url: string) =>
  fetch(`${url}/ping`).then(
    (response) => response.ok,
    () => false,
  );

describe("openEmbeddedWarehouse() when something breaks", () => {
  it("keeps every acknowledged row when the engine is killed", async () => {
    const events: string[] = [];
    await using fixture = await aWarehouse({ onEvent: ({ kind }) => events.push(kind) });
    const { admin, warehouse } = fixture;
    await admin.command({ query: TABLE });
    const acked = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const { pid } = warehouse;
      const inserts = Array.from({ length: 60 }, (_, i) => round * 60 + i).map(async (n) => {
        await admin.insert({ table: "acked", values: [{ n }], format: "JSONEachRow" });
        acked.add(String(n));
        if (acked.size % 20 === 10) process.kill(pid, "SIGKILL");
      });
      await Promise.allSettled(inserts);
      await until(async () => warehouse.pid !== pid && (await isUp(warehouse.url)));
    }
    const stored = new Set(await values(admin, "SELECT DISTINCT n FROM acked"));
    expect([...acked].filter((n) => !stored.has(n))).toEqual([]);
    expect(acked.size).toBeGreaterThanOrEqual(30);
    expect(events.filter((kind) => kind === "died").length).toBeGreaterThanOrEqual(3);
  });

  it("refuses a second opener of its folder and tells it what to do", async () => {
    await using fixture = await aWarehouse();
    const second = openEmbeddedWarehouse({ folder: fixture.folder, users: [ADMIN] });
    await expect(second).rejects.toThrow(
      `Cannot open the warehouse folder "${fixture.folder}": process ${fixture.warehouse.pid} has it`,
    );
    expect(await values(fixture.admin, "SELECT 1")).toEqual(["1"]);
  });

  it("refuses a port that is taken", async () => {
    await using fixture = await aWarehouse();
    await using folder = await aFolder();
    const second = openEmbeddedWarehouse({ folder: folder.path, users: [ADMIN], port: fixture.warehouse.port });
    await expect(second).rejects.toThrow("EADDRINUSE");
  });

  it("leaves no orphan when its parent is killed", async () => {
    await using folder = await aFolder();
    const script = join(folder.path, "parent.ts");
    const supervisor = fileURLToPath(new URL("../../transform/warehouse/embedded/supervisor.ts", import.meta.url));
    const options = JSON.stringify({ folder: join(folder.path, "warehouse"), users: [ADMIN] });
    await writeFile(
      script,
      `import { openEmbeddedWarehouse, type WarehouseEvent } from ${JSON.stringify(supervisor)};
       console.log((await openEmbeddedWarehouse(${options})).url);`,
    );
    const parent = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    const url = await new Promise<string>((resolve) =>
      parent.stdout.once("data", (text) => resolve(String(text).trim())),
    );
    const client = aClient(url);
    await client.command({ query: TABLE });
    await client.insert({ table: "acked", values: [{ n: 1 }], format: "JSONEachRow" });
    await client.close();
    parent.kill("SIGKILL");
    await until(async () => !(await isUp(url)));
    let reopened: Awaited<ReturnType<typeof openEmbeddedWarehouse>> | undefined;
    await until(async () => {
      reopened = await openEmbeddedWarehouse(JSON.parse(options)).catch(() => undefined);
      return reopened !== undefined;
    });
    const again = aClient(reopened?.url ?? "");
    expect(await values(again, "SELECT n FROM acked")).toEqual(["1"]);
    await again.close();
    await reopened?.[Symbol.asyncDispose]();
  });

  it("lets what is under way end when it is closed, and opens again with everything there", async () => {
    await using folder = await aFolder();
    const options = { folder: folder.path, users: [ADMIN] };
    const ends: (number | null | undefined)[] = [];
    const onEvent = ({ kind, exitCode }: WarehouseEvent) => kind === "stopped" && ends.push(exitCode);
    const first = await openEmbeddedWarehouse({ ...options, onEvent });
    const client = aClient(first.url);
    await client.command({ query: TABLE });
    const slow = values(client, "SELECT sleepEachRow(0.2) + 5 FROM numbers(5) SETTINGS max_block_size = 1");
    const insert = client.insert({ table: "acked", values: [{ n: 7 }], format: "JSONEachRow" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await first[Symbol.asyncDispose]();
    expect(ends).toEqual([0]);
    expect((await slow).length).toBe(5);
    await insert;
    await client.close();
    await using second = await openEmbeddedWarehouse(options);
    const again = aClient(second.url);
    expect(await values(again, "SELECT n FROM acked")).toEqual(["7"]);
    await again.close();
  });

  it("removes at start the rows that a killed process left in files, and keeps its folder to its owner", async () => {
    await using folder = await aFolder();
    await mkdir(join(folder.path, "passing"));
    await writeFile(join(folder.path, "passing", "12"), "a row");
    await using warehouse = await openEmbeddedWarehouse({ folder: folder.path, users: [ADMIN] });
    expect(await readdir(join(folder.path, "passing"))).toEqual([]);
    expect(((await stat(join(folder.path, "store"))).mode & 0o777).toString(8)).toBe("700");
    expect(warehouse.port).toBeGreaterThan(0);
  });

  it("writes backups to the folder given, nowhere else, and restores from it", async () => {
    await using backups = await aFolder();
    await using fixture = await aWarehouse({ backupsFolder: backups.path });
    await fixture.admin.command({ query: TABLE });
    await fixture.admin.insert({ table: "acked", values: [{ n: 1 }], format: "JSONEachRow" });
    await fixture.admin.command({ query: `BACKUP TABLE acked TO File('${join(backups.path, "one")}')` });
    await fixture.admin.command({ query: "DROP TABLE acked SYNC" });
    await fixture.admin.command({ query: `RESTORE TABLE acked FROM File('${join(backups.path, "one")}')` });
    expect(await values(fixture.admin, "SELECT n FROM acked")).toEqual(["1"]);
    const elsewhere = fixture.admin.command({ query: `BACKUP TABLE acked TO File('${join(fixture.folder, "two")}')` });
    await expect(elsewhere).rejects.toThrow();
  });

  it("syncs what it acknowledges unless a table says otherwise", async () => {
    await using fixture = await aWarehouse();
    const query =
      "SELECT concat(name, '=', value) FROM system.merge_tree_settings WHERE name LIKE 'fsync%' ORDER BY name";
    expect(await values(fixture.admin, query)).toEqual(["fsync_after_insert=1", "fsync_part_directory=1"]);
  });
});
