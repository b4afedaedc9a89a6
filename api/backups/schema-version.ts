import type { Warehouse } from "../../schemas/ports.ts";

/** The last migration of the store. Throws WarehouseUnavailable, WarehouseRefused. */
export async function readSchemaVersion(warehouse: Warehouse): Promise<number> {
  const [row] = await warehouse.rows<{ version: number }>({
    sql: "SELECT max(version) AS version FROM schema_migrations",
  });
  return row?.version ?? 0;
}
