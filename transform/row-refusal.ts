import { WarehouseRefused } from "../schemas/ports.ts";

/**
 * ClickHouse's errors that are about what is in a row, not about the table, the rights or the statement: another row
 * may be taken where this one is not.
 *
 * Source: the list of `ErrorCodes.cpp`; checked against `errorCodeToName` in a test.
 */
export const ROW_REFUSALS: Readonly<Record<number, string>> = {
  6: "CANNOT_PARSE_TEXT",
  33: "CANNOT_READ_ALL_DATA",
  69: "ARGUMENT_OUT_OF_BOUND",
  70: "CANNOT_CONVERT_TYPE",
  117: "INCORRECT_DATA",
  131: "TOO_LARGE_STRING_SIZE",
  321: "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
  349: "CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN",
  376: "CANNOT_PARSE_UUID",
  407: "DECIMAL_OVERFLOW",
  469: "VIOLATED_CONSTRAINT",
};

/** Whether a refusal is about a row, so that halving the batch finds the record that is to blame. */
export function isRowRefusal(error: unknown): error is WarehouseRefused {
  return error instanceof WarehouseRefused && Object.hasOwn(ROW_REFUSALS, error.code);
}
