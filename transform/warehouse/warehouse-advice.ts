import { WarehouseRefused } from "../../schemas/ports.ts";
import { WarehouseUnreachable } from "./clickhouse-errors.ts";

/** What to do about ClickHouse's refusals at a start, by its error number; the names are those of `errorCodeToName`. */
export const REFUSAL_ADVICE: Readonly<Record<number, { readonly name: string; readonly advice: string }>> = {
  81: {
    name: "UNKNOWN_DATABASE",
    advice: "there is no database of that name. Create it (CREATE DATABASE), or correct ROEBUCK_CLICKHOUSE_DATABASE.",
  },
  139: {
    name: "NO_ELEMENTS_IN_CONFIG",
    advice:
      "its configuration lacks what a cluster needs. Each node needs `zookeeper` (Keeper), `remote_servers`, and the macros `shard` and `replica`.",
  },
  192: { name: "UNKNOWN_USER", advice: "it does not know the user. Correct ROEBUCK_CLICKHOUSE_USER." },
  497: {
    name: "ACCESS_DENIED",
    advice:
      "the user may not do that. Migrations need a user with access management (once a release); afterwards one with the role roebuck_writer is enough.",
  },
  514: {
    name: "ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND",
    advice: "it has nowhere to keep roles. Give it a writable user directory (`local_directory` or `replicated`).",
  },
  516: {
    name: "AUTHENTICATION_FAILED",
    advice: "the user or the password is wrong. Correct ROEBUCK_CLICKHOUSE_USER and ROEBUCK_CLICKHOUSE_PASSWORD.",
  },
  701: {
    name: "CLUSTER_DOESNT_EXIST",
    advice:
      "it does not know the cluster. `SELECT DISTINCT cluster FROM system.clusters` lists its own; correct ROEBUCK_CLICKHOUSE_CLUSTER.",
  },
};

const UP = "Start it, or correct ROEBUCK_CLICKHOUSE_URL; it may also be still starting.";
const HOST = "No host of that name is known here. Correct ROEBUCK_CLICKHOUSE_URL.";
const AUTHORITY =
  "Its certificate was signed by an authority that is not known here. Name the authority's PEM file in ROEBUCK_CLICKHOUSE_CA_FILE.";
const PROTOCOL =
  "It ended the connection. Look whether ROEBUCK_CLICKHOUSE_URL has the scheme of its port: https for TLS (8443), http for the plain one (8123).";

/** What to do about a server that gives no answer, by the network's code. */
const NETWORK_ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: `Nothing listens there. ${UP}`,
  EHOSTUNREACH: "There is no way to that host from here. Look at the network and at ROEBUCK_CLICKHOUSE_URL.",
  ETIMEDOUT: "It took too long. Look at the network, its firewall, and at ROEBUCK_CLICKHOUSE_URL.",
  ENOTFOUND: HOST,
  EAI_AGAIN: HOST,
  DEPTH_ZERO_SELF_SIGNED_CERT: AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: AUTHORITY,
  CERT_HAS_EXPIRED: "Its certificate has expired. Renew it on the server.",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "Its certificate is for another host name. Use that name in ROEBUCK_CLICKHOUSE_URL, or renew the certificate.",
  ECONNRESET: PROTOCOL,
  EPROTO: PROTOCOL,
  ERR_SSL_WRONG_VERSION_NUMBER: PROTOCOL,
};

/**
 * What an operator should do about an error of the warehouse at a start: one or two sentences for the terminal.
 * Says nothing of the error's inside that its message does not say. Pure.
 */
export function toWarehouseAdvice(error: unknown): string {
  if (error instanceof WarehouseRefused) {
    const known = REFUSAL_ADVICE[error.code];
    if (known !== undefined) return `ClickHouse refused (${error.code}, ${known.name}): ${known.advice}`;
  }
  if (error instanceof WarehouseUnreachable) {
    return `ClickHouse does not answer (${error.network}). ${NETWORK_ADVICE[error.network] ?? UP}`;
  }
  return error instanceof Error ? error.message : String(error);
}
