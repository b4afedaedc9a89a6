import { ClickHouseError } from "@clickhouse/client";
import { describe, expect, test } from "vitest";
import { WarehouseRefused, WarehouseUnavailable } from "../../../../schemas/ports.ts";
import { PASSING_ERRORS, toWarehouseError } from "../../../../transform/warehouse/clickhouse-errors.ts";

const SECRET = "ann.person@example.org";

function anError(code: number, type = "SOME_ERROR"): ClickHouseError {
  return new ClickHouseError({ message: `Cannot parse '${SECRET}'`, code: String(code), type });
}

describe("toWarehouseError()", () => {
  test.each([241, 252, 202, 159, 209, 210, 243, 242, 225, 999])("takes error %i for one that passes", (code) => {
    expect(toWarehouseError(anError(code), "insert")).toBeInstanceOf(WarehouseUnavailable);
  });

  test.each([60, 62, 27, 53, 16, 516, 164, 497])("takes error %i for a refusal and says its number", (code) => {
    const refused = toWarehouseError(anError(code), "insert into engagement");
    expect(refused).toBeInstanceOf(WarehouseRefused);
    expect(refused).toMatchObject({ code });
    expect(refused.message).toContain(`Cannot insert into engagement: ClickHouse refused it with error ${code}`);
  });

  test("says to make room where there is none, and else to try again later", () => {
    expect(toWarehouseError(anError(243), "insert").message).toMatch(/make room on its disk, then try again$/);
    expect(toWarehouseError(anError(241), "insert").message).toMatch(/try again later$/);
  });

  test("takes whatever the network says for one that passes, by its code", () => {
    const lost = Object.assign(new Error(`connect to ${SECRET}`), { code: "ECONNREFUSED" });
    expect(toWarehouseError(lost, "insert").message).toContain("(ECONNREFUSED)");
    expect(toWarehouseError(new Error("Timeout error."), "insert")).toBeInstanceOf(WarehouseUnavailable);
    expect(toWarehouseError("text", "insert")).toBeInstanceOf(WarehouseUnavailable);
  });

  test("never repeats what the engine or the network said", () => {
    const errors = [anError(62), anError(241), anError(1, SECRET), Object.assign(new Error(SECRET), { code: SECRET })];
    for (const error of errors) {
      const sorted = toWarehouseError(error, "insert");
      expect(`${sorted.message} ${sorted.stack} ${String(sorted.cause)}`).not.toContain(SECRET);
    }
  });

  test("leaves an error alone that was sorted before", () => {
    const refused = new WarehouseRefused("Cannot insert", 60);
    expect(toWarehouseError(refused, "x")).toBe(refused);
  });
});

test("PASSING_ERRORS has no error that only the operator or the code can mend", () => {
  for (const code of [16, 27, 36, 47, 53, 60, 62, 81, 164, 192, 193, 497, 516])
    expect(PASSING_ERRORS[code]).toBeUndefined();
});
