import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { BACKED_UP_TABLES, NOT_BACKED_UP } from "../../../../api/backups/tables.ts";

const folder = new URL("../../../../schemas/migrations/", import.meta.url);
const made = readdirSync(folder).flatMap((name) =>
  [...readFileSync(new URL(name, folder), "utf8").matchAll(/CREATE TABLE IF NOT EXISTS (\w+)/g)].map(
    ([, table = ""]) => table,
  ),
);

it.each([...made, "schema_migrations", "migration_lock"])("%s is in a backup, or it is said why not", (table) => {
  const isBackedUp = BACKED_UP_TABLES.some(({ name }) => name === table);
  expect(isBackedUp).toBe(!Object.hasOwn(NOT_BACKED_UP, table));
});
