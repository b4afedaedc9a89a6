import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { TABLES } from "../../../schemas/columns.ts";
import { PROCESSING, toProcessingRows } from "../../../schemas/processing.ts";

const folder = new URL("../../../schemas/migrations/", import.meta.url);
const made = readdirSync(folder).flatMap((name) =>
  [...readFileSync(new URL(name, folder), "utf8").matchAll(/CREATE TABLE IF NOT EXISTS (\w+)/g)].map(
    ([, table = ""]) => table,
  ),
);
const told = PROCESSING.flatMap(({ stores }) => stores);

describe("the records of processing", () => {
  it.each([...new Set([...made, ...Object.keys(TABLES)])])(
    "say once what %s is for, on what basis and how long",
    (table) => {
      expect(told.filter((store) => store === table)).toHaveLength(1);
    },
  );

  it("name no table that is not there", () => {
    const others = ["journal", "log", "quarantine", "backups", "exports"];
    expect(told.filter((store) => !made.includes(store) && !others.includes(store))).toEqual([]);
  });

  it("list every column that is kept", () => {
    const rows = toProcessingRows();
    for (const [table, columns] of Object.entries(TABLES)) {
      const row = rows.find(([stores = ""]) => stores.includes(`\`${table}\``));
      for (const { name } of columns)
        expect([table, row?.[4]?.split(", ")]).toEqual([table, expect.arrayContaining([name])]);
    }
  });
});
