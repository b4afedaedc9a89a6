import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";
import { toJson } from "../../../reporting/json.ts";
import { type RECORD, toRecordSchema, toRecordSchemaText } from "../../../reporting/record-schema.ts";
import type { RecordOfEngagement } from "../../../schemas/record.ts";
import { anEmptyRecord, aRecord } from "../../fixtures/a-record.ts";
import { toUglyRecords } from "../../fixtures/ugly-records.ts";

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
const isRecord = ajv.compile(toRecordSchema());

/** Every path of a JSON Schema that a reader meets a property at. */
function toProperties(schema: unknown, path = ""): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, inner]) => {
    if (key !== "properties") return toProperties(inner, path);
    return Object.entries(inner as object).flatMap(([name, one]) => [
      `${path}/${name}`,
      ...toProperties(one, `${path}/${name}`),
    ]);
  });
}

describe("the JSON Schema of a record", () => {
  it.each(Object.entries({ ordinary: aRecord(), empty: anEmptyRecord(), ...toUglyRecords() }))(
    "fits %s",
    (_, record) => {
      expect(isRecord(JSON.parse(toJson(record))), ajv.errorsText(isRecord.errors)).toBe(true);
    },
  );

  it.each([
    ["another form", { schema: "roebuck.record/1" }],
    ["a month that is none", { month: "2026-13" }],
    ["a negative count", { days: [-1] }],
    ["an unknown reason to drop", { how_counted: { ...aRecord().how_counted, dropped: { bored: 1 } } }],
    ["a property more", { secret: 1 }],
    ["a property less", { figures: undefined }],
  ])("refuses %s", (_, parts) => {
    expect(isRecord(JSON.parse(JSON.stringify({ ...aRecord(), ...parts })))).toBe(false);
  });

  it("says what each part of a record is", () => {
    const schema = toRecordSchema() as { properties: Record<string, { description?: string }> }; // an object schema
    const silent = Object.entries(schema.properties).filter(([, { description }]) => description === undefined);
    // these two say it by what they hold
    expect(silent.map(([name]) => name).sort()).toEqual(["engaged", "feedback", "figures", "newcomers", "value"]);
    expect(toProperties(schema)).toContain("/value/cost_per_use/amount");
  });

  it("stands in the repository as it is now; `npm run tables` writes it", () => {
    const file = new URL("../../../schemas/record.schema.json", import.meta.url);
    expect(readFileSync(file, "utf8")).toBe(toRecordSchemaText());
  });

  it("has the keys of the TypeScript type, and no other", () => {
    expectTypeOf<keyof z.infer<typeof RECORD>>().toEqualTypeOf<keyof RecordOfEngagement>();
  });
});
