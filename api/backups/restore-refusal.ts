import { CommandError } from "../command-io.ts";

/** Why a restore is refused. Nothing was changed. */
export type RestoreRefusalCode =
  | "unknown"
  | "unfinished"
  | "tampered"
  | "version"
  | "invalid"
  | "expired"
  | "schema"
  | "files"
  | "keys_missing"
  | "keys_other"
  | "journal_copy"
  | "journal_older"
  | "journal_fork"
  | "journal_tampered"
  | "other_restore"
  | "cluster"
  | "not_possible";

/** A restore that may not be done as things are; the message says what to do. */
export class RestoreRefused extends CommandError {
  readonly code: RestoreRefusalCode;
  constructor(code: RestoreRefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}
