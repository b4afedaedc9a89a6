import type { EpochMs } from "../../schemas/ids.ts";
import type { ErasureNotes } from "./erasure-notes.ts";
import type { BlankedRecords } from "./log-people.ts";
import { PERSON_TABLE_NAMES } from "./person-set.ts";
import type { RowCounts } from "./remove-rows.ts";
import type { RightsRequest } from "./requests.ts";

/** What an erasure did, to be shown to whoever asks. No user id, no reference, no pseudonym. */
export interface ErasureCertificate {
  readonly schema: "roebuck.erasure/1";
  readonly request: string;
  readonly partner: string;
  readonly acct: string;
  readonly by: string;
  readonly rule: string;
  /** People that were asked for, and of how many of them anything was stored. */
  readonly people: number;
  readonly found: number;
  /** ISO 8601, UTC: what happened or was received up to then is gone. */
  readonly erased_up_to: string;
  readonly finished_at: string;
  readonly tables: readonly { readonly table: string; readonly before: number; readonly after: number }[];
  /** Addresses and titles of pages and resources that nobody else was shown, and that are gone, too. */
  readonly titles: number;
  /** Records of the log that were emptied; `by retention` where they leave with the log's own hours. */
  readonly log: BlankedRecords;
  /** Files that commands had exported: deleted; and changed since by somebody, so that they must be deleted by hand. */
  readonly exports: ErasureNotes["exports"];
  /** Closed records that were counted again, with their new version. */
  readonly records: ErasureNotes["records"];
  /** Old files of the store that were still on the disk at the end: 0, or they were in use for two minutes. */
  readonly files_left: number;
}

const RULE =
  "GDPR Art. 17: everything that happened or was received up to this moment is deleted and does not come back";

/** Puts a certificate together. Pure. */
export function toErasureCertificate({
  request,
  actor,
  people,
  found,
  erasedMs,
  endedMs,
  before,
  after,
  titles,
  log,
  exports,
  records,
  oldPartsLeft,
}: ErasureNotes & {
  readonly request: RightsRequest;
  readonly actor: string;
  readonly people: number;
  readonly erasedMs: EpochMs;
  readonly endedMs: EpochMs;
  readonly after: RowCounts;
  readonly oldPartsLeft: number;
}): ErasureCertificate {
  return {
    schema: "roebuck.erasure/1",
    request: request.id,
    partner: request.partner,
    acct: request.acct,
    by: actor,
    rule: RULE,
    people,
    found,
    erased_up_to: new Date(erasedMs).toISOString(),
    finished_at: new Date(endedMs).toISOString(),
    tables: PERSON_TABLE_NAMES.map((table) => ({ table, before: before[table], after: after[table] })),
    titles,
    log,
    exports,
    records,
    files_left: oldPartsLeft,
  };
}

/** The certificate in words, a line each. Pure. */
export function toCertificateLines(certificate: ErasureCertificate): readonly string[] {
  const {
    request,
    people,
    found,
    partner,
    acct,
    tables,
    titles,
    log,
    exports,
    records,
    files_left: left,
  } = certificate;
  const whose = partner === "" ? `${acct} accounts` : `Partner ${partner}`;
  return [
    `Certificate of erasure, request ${request}`,
    `${people} ${people === 1 ? "person" : "people"} of ${whose}; something was stored about ${found} of them.`,
    `${certificate.rule}: ${certificate.erased_up_to}.`,
    ...tables.map(({ table, before, after }) => `  ${table}: ${before} rows before, ${after} after`),
    `  addresses and titles that nobody else was shown: ${titles}`,
    `  log: ${toLogWords(log.events)} of events, ${toLogWords(log.quarantine)} of quarantine`,
    `  exports: ${exports.removed} files deleted${exports.changed === 0 ? "" : `; ${exports.changed} were changed since: delete them by hand, \`roebuck exports list\` names them`}`,
    records.length === 0
      ? "  closed records: no figure has changed"
      : `  closed records counted again: ${records.map(({ partner: id, month, version }) => `${id} ${month} (version ${version})`).join(", ")}`,
    left === 0
      ? "  the disk holds nothing of it any more"
      : `  ${left} old files were still in use after two minutes and go when they are let go`,
    `Done by ${certificate.by}, ${certificate.finished_at}.`,
  ];
}

function toLogWords(count: number | "by retention"): string {
  return count === "by retention" ? "records leave with the log's own hours" : `${count} records emptied`;
}
