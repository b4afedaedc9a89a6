import type { Purpose } from "../../schemas/event.ts";
import type { EpochMs } from "../../schemas/ids.ts";
import type { ErasureNotes } from "./erasure-notes.ts";
import type { BlankedRecords } from "./log-people.ts";
import { toTablesOf } from "./person-set.ts";
import type { Removal } from "./removal.ts";
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
  /** Only what was collected by this consent; absent where all of the person was erased. */
  readonly consent?: string;
  /** The purposes whose rows rested on it. */
  readonly purposes?: readonly string[];
  /** The consent was withdrawn by the same request, of whom it was in force. */
  readonly withdrawn?: boolean;
  /** What a removal cannot reach, in words. */
  readonly not_reached?: readonly string[];
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

const REMOVAL_RULE =
  "GDPR Art. 7(3), 17(1)(b): what was collected by the consent and happened or was received up to this moment is deleted and does not come back";

/** What stays though it was given by the same people, so that nobody is promised more than was done. Pure. */
function toNotReached(purposes: readonly Purpose[]): readonly string[] {
  return [
    ...(purposes.includes("feedback") ? ["Feedback that was kept without a person cannot be found, and stays."] : []),
    "Records of the log that hold events of other purposes, too, leave with the log's own hours; what was removed is not stored from them.",
  ];
}

function toRemovalPart(removal: Removal | undefined) {
  if (removal === undefined) return { rule: RULE };
  const { purposes } = removal;
  return {
    rule: REMOVAL_RULE,
    consent: removal.purpose,
    purposes,
    withdrawn: removal.withdraw,
    not_reached: toNotReached(purposes),
  };
}

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
  removal,
}: ErasureNotes & {
  readonly request: RightsRequest;
  readonly actor: string;
  readonly people: number;
  readonly erasedMs: EpochMs;
  readonly endedMs: EpochMs;
  readonly after: RowCounts;
  readonly oldPartsLeft: number;
  readonly removal: Removal | undefined;
}): ErasureCertificate {
  return {
    schema: "roebuck.erasure/1",
    request: request.id,
    partner: request.partner,
    acct: request.acct,
    by: actor,
    ...toRemovalPart(removal),
    people,
    found,
    erased_up_to: new Date(erasedMs).toISOString(),
    finished_at: new Date(endedMs).toISOString(),
    tables: toTablesOf(removal?.purposes).map((table) => ({ table, before: before[table], after: after[table] })),
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
  const { consent, not_reached: notReached = [] } = certificate;
  return [
    consent === undefined
      ? `Certificate of erasure, request ${request}`
      : `Certificate of the removal of what was collected by consent to ${consent}, request ${request}`,
    `${people} ${people === 1 ? "person" : "people"} of ${whose}; something was stored about ${found} of them.`,
    `${certificate.rule}: ${certificate.erased_up_to}.`,
    ...(certificate.withdrawn === true ? ["The consent was withdrawn by the same request."] : []),
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
    ...notReached.map((words) => `  ${words}`),
    `Done by ${certificate.by}, ${certificate.finished_at}.`,
  ];
}

function toLogWords(count: number | "by retention"): string {
  return count === "by retention" ? "records leave with the log's own hours" : `${count} records emptied`;
}
