import { ClickHouseError } from "@clickhouse/client";
import { WarehouseRefused, WarehouseUnavailable } from "../../schemas/ports.ts";

/**
 * ClickHouse's errors that pass by themselves or once the operator has made room: the same call may succeed later.
 *
 * Source: the list of `ErrorCodes.cpp`; checked against `errorCodeToName` in a test.
 */
export const PASSING_ERRORS: Readonly<Record<number, string>> = {
  3: "UNEXPECTED_END_OF_FILE",
  32: "ATTEMPT_TO_READ_AFTER_EOF",
  74: "CANNOT_READ_FROM_FILE_DESCRIPTOR",
  75: "CANNOT_WRITE_TO_FILE_DESCRIPTOR",
  76: "CANNOT_OPEN_FILE",
  95: "CANNOT_READ_FROM_SOCKET",
  96: "CANNOT_WRITE_TO_SOCKET",
  159: "TIMEOUT_EXCEEDED",
  160: "TOO_SLOW",
  198: "DNS_ERROR",
  202: "TOO_MANY_SIMULTANEOUS_QUERIES",
  203: "NO_FREE_CONNECTION",
  204: "CANNOT_FSYNC",
  209: "SOCKET_TIMEOUT",
  210: "NETWORK_ERROR",
  225: "NO_ZOOKEEPER",
  236: "ABORTED",
  241: "MEMORY_LIMIT_EXCEEDED",
  242: "TABLE_IS_READ_ONLY",
  243: "NOT_ENOUGH_SPACE",
  244: "UNEXPECTED_ZOOKEEPER_ERROR",
  252: "TOO_MANY_PARTS",
  254: "NO_ACTIVE_REPLICAS",
  279: "ALL_CONNECTION_TRIES_FAILED",
  285: "TOO_FEW_LIVE_REPLICAS",
  286: "UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE",
  289: "REPLICA_IS_NOT_IN_QUORUM",
  297: "SHARD_HAS_NO_CONNECTIONS",
  319: "UNKNOWN_STATUS_OF_INSERT",
  369: "ALL_REPLICAS_ARE_STALE",
  373: "SESSION_IS_LOCKED",
  394: "QUERY_WAS_CANCELLED",
  410: "EXTERNAL_SERVER_IS_NOT_RESPONDING",
  415: "ALL_REPLICAS_LOST",
  425: "SYSTEM_ERROR",
  439: "CANNOT_SCHEDULE_TASK",
  473: "DEADLOCK_AVOIDED",
  735: "QUERY_WAS_CANCELLED_BY_CLIENT",
  745: "SERVER_OVERLOADED",
  999: "KEEPER_EXCEPTION",
  1000: "POCO_EXCEPTION",
  1001: "STD_EXCEPTION",
  1002: "UNKNOWN_EXCEPTION",
};

/** The disk is full, or fuller than `min_free_disk_bytes_to_perform_insert` allows: it does not pass by itself. */
const NO_SPACE = 243;

/**
 * Sorts whatever the client threw into the two kinds that callers know.
 *
 * The engine's text can quote values of the statement or of a row, so neither it nor the original error
 * (as `cause`) goes on: only the error's number does.
 *
 * @param action what was tried, in constant words: `insert into engagement`
 */
export function toWarehouseError(error: unknown, action: string): WarehouseRefused | WarehouseUnavailable {
  if (error instanceof WarehouseRefused || error instanceof WarehouseUnavailable) return error;
  if (error instanceof ClickHouseError) {
    const code = Number(error.code);
    const passing = PASSING_ERRORS[code];
    if (passing === undefined) {
      return new WarehouseRefused(
        `Cannot ${action}: ClickHouse refused it with error ${code}; \`SELECT errorCodeToName(${code})\` names it`,
        code,
      );
    }
    const remedy = code === NO_SPACE ? "make room on its disk, then try again" : "try again later";
    return new WarehouseUnavailable(`Cannot ${action} now: ClickHouse answered ${code} (${passing}); ${remedy}`);
  }
  return new WarehouseUnreachable(action, toNetworkCode(error));
}

/** ClickHouse gave no answer at all: a {@link WarehouseUnavailable} with the network's word for it. */
export class WarehouseUnreachable extends WarehouseUnavailable {
  /** `ECONNREFUSED` and the like, or the class of the error. */
  readonly network: string;
  constructor(action: string, network: string) {
    super(
      `Cannot ${action} now: ClickHouse does not answer (${network}); it must be up at the address that the settings name`,
    );
    this.network = network;
  }
}

/** The short code of a network error (`ECONNREFUSED`), or its class; never its text. */
function toNetworkCode(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? code : error.name;
}
