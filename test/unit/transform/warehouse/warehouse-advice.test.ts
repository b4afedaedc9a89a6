import { ClickHouseError } from "@clickhouse/client";
import { describe, expect, test } from "vitest";
import { toWarehouseError } from "../../../../transform/warehouse/clickhouse-errors.ts";
import { toWarehouseAdvice } from "../../../../transform/warehouse/warehouse-advice.ts";

const refused = (code: number) =>
  toWarehouseError(new ClickHouseError({ message: "secret", code: String(code), type: "X" }), "read");
const unreachable = (code: string) => toWarehouseError(Object.assign(new Error("secret"), { code }), "read");

describe("toWarehouseAdvice()", () => {
  test.each([
    [516, "AUTHENTICATION_FAILED", "ROEBUCK_CLICKHOUSE_PASSWORD"],
    [81, "UNKNOWN_DATABASE", "ROEBUCK_CLICKHOUSE_DATABASE"],
    [497, "ACCESS_DENIED", "access management"],
    [701, "CLUSTER_DOESNT_EXIST", "ROEBUCK_CLICKHOUSE_CLUSTER"],
    [139, "NO_ELEMENTS_IN_CONFIG", "macros"],
  ])("says what to do about the refusal %i", (code, name, remedy) => {
    const advice = toWarehouseAdvice(refused(code));
    expect(advice).toContain(`${code}, ${name}`);
    expect(advice).toContain(remedy);
  });

  test.each([
    ["ECONNREFUSED", "ROEBUCK_CLICKHOUSE_URL"],
    ["ENOTFOUND", "No host of that name"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "ROEBUCK_CLICKHOUSE_CA_FILE"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "ROEBUCK_CLICKHOUSE_CA_FILE"],
    ["CERT_HAS_EXPIRED", "Renew"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "another host name"],
    ["ECONNRESET", "https for TLS"],
    ["ESOMETHING", "still starting"],
  ])("says what to do where there is no answer: %s", (code, remedy) => {
    const advice = toWarehouseAdvice(unreachable(code));
    expect(advice).toContain(code);
    expect(advice).toContain(remedy);
  });

  test("passes on what it has no word for, and never what the server said", () => {
    expect(toWarehouseAdvice(refused(60))).toContain("error 60");
    expect(toWarehouseAdvice(new Error("Cannot use ClickHouse 25.1"))).toBe("Cannot use ClickHouse 25.1");
    expect(toWarehouseAdvice("text")).toBe("text");
    for (const error of [refused(516), refused(60), unreachable("ECONNREFUSED")]) {
      expect(toWarehouseAdvice(error)).not.toContain("secret");
    }
  });
});
