import { describe, expect, it } from "vitest";
import { toExported } from "../../../../api/backups/exports.ts";
import { BACKED_UP_TABLES } from "../../../../api/backups/tables.ts";
import { RETAINED_TABLES } from "../../../../api/clocks/expired-rows.ts";

const scope = { firstPartition: "20251223", held: { all: false, partners: ["acme"] } };
const tableOf = (name: string) => {
  const table = BACKED_UP_TABLES.find((one) => one.name === name);
  if (table === undefined) throw new Error(`No backup has ${name}`);
  return table;
};

describe("toExported()", () => {
  it.each([
    [
      "engagement",
      "20260101",
      "_partition_id = {partition:String} AND (_partition_id >= {first:String} OR {all:UInt8} = 1 OR partner IN {partners:Array(String)})",
    ],
    ["drops", "20260101", "_partition_id = {partition:String} AND _partition_id >= {first:String}"],
    [
      "resources",
      undefined,
      "(toYYYYMMDD(at) >= toUInt32({first:String}) OR {all:UInt8} = 1 OR partner IN {partners:Array(String)})",
    ],
    ["partners", undefined, "1"],
    ["held", undefined, "1"],
  ])("of %s takes what may be in a backup", (name, partition, where) => {
    const asked = { table: tableOf(name), ...(partition === undefined ? {} : { partition }) };
    const exported = toExported(asked, scope);
    expect(exported.where).toBe(where);
    const named = [...where.matchAll(/\{(\w+):/g)].map(([, parameter]) => parameter);
    expect(Object.keys(exported.parameters).toSorted()).toEqual([...new Set(named)].toSorted());
  });

  it("tells holds on everyone from holds on some", () => {
    const table = tableOf("feedback");
    expect(toExported({ table }, scope).parameters).toEqual({ first: "20251223", all: 0, partners: ["acme"] });
    const everyone = { ...scope, held: { all: true, partners: [] } };
    expect(toExported({ table }, everyone).parameters).toEqual({ first: "20251223", all: 1, partners: [] });
  });
});

it.each(RETAINED_TABLES)(
  "%s, whose days the purge drops, leaves them out of a backup that would outlive them",
  (name) => {
    expect(tableOf(name)).toMatchObject({ files: "days", isRetained: true });
  },
);
