import { TABLES } from "./columns.ts";

/** What the records of processing say of one store of data (GDPR Art. 30). */
export interface ProcessingEntry {
  /** Tables of the warehouse, or `log` and `journal`. */
  readonly stores: readonly string[];
  readonly purpose: string;
  readonly basis: string;
  /** Whose data it is, and what kind. */
  readonly concerns: string;
  readonly retention: string;
  readonly recipients: string;
}

const YEAR = "`ROEBUCK_RETENTION_DAYS` (365 days), by dropping days each night";
const CONTRACT = "Contract with the Partner or subscriber (Art. 6(1)(b), (f)); public accounts: consent";
const DEPARTED = "Three calendar years after the Partner has left";
const PSEUDONYM = "Signed-in people, by pseudonym";

/** Everything that is kept, why, on what basis, for how long and who gets it. */
export const PROCESSING: readonly ProcessingEntry[] = [
  {
    stores: ["engagement", "attendance"],
    purpose: "engagement: what a Partner's people got out of its contract",
    basis: CONTRACT,
    concerns: `${PSEUDONYM}: pages, downloads, searches, events attended, department`,
    retention: YEAR,
    recipients: "Analysts, by views; the Partner, as sums in its record",
  },
  {
    stores: ["behaviour"],
    purpose: "behaviour: how pages are used",
    basis: "Consent (Art. 6(1)(a))",
    concerns: `${PSEUDONYM} of the consent: time, scroll, clicks, device class`,
    retention: YEAR,
    recipients: "Analysts, by views",
  },
  {
    stores: ["feedback"],
    purpose: "feedback, given voluntarily",
    basis: "Voluntary; combined with the person by consent only (Art. 6(1)(a))",
    concerns: "Score and comment; by pseudonym if agreed, otherwise nobody's",
    retention: YEAR,
    recipients: "The organisation; a record shows numbers, never a comment",
  },
  {
    stores: ["statistics_hourly"],
    purpose: "statistics: anonymous counts",
    basis: "No personal data (Recital 26)",
    concerns: "Sums by hour, page, referrer host, country and device class",
    retention: "Not limited",
    recipients: "Analysts",
  },
  {
    stores: ["people"],
    purpose: "to know who has not been here for two years",
    basis: "Storage limitation (Art. 5(1)(e))",
    concerns: `${PSEUDONYM}: the day of the last visit`,
    retention: "Two calendar years after the last visit",
    recipients: "Nobody",
  },
  {
    stores: ["held"],
    purpose: "legal hold",
    basis: "Legal claims (Art. 17(3)(e))",
    concerns: `${PSEUDONYM}: rows beyond their time that an order covers`,
    retention: "Until the hold is released; then the next night",
    recipients: "Whom the order names",
  },
  {
    stores: ["drops"],
    purpose: "to show how each record was counted",
    basis: "Accountability (Art. 5(2))",
    concerns: "Event ids and reasons, no person",
    retention: YEAR,
    recipients: "The Partner, as sums in its record",
  },
  {
    stores: ["resources"],
    purpose: "titles for records",
    basis: CONTRACT,
    concerns: "Addresses and titles of pages by Partner, no person",
    retention: "Until nobody was shown it for the retention period, or everyone who was is erased",
    recipients: "The Partner, in its record",
  },
  {
    stores: ["partners", "contacts"],
    purpose: "to make and deliver records",
    basis: "Contract with the Partner (Art. 6(1)(b))",
    concerns: "Link Officers: name and e-mail address; terms of the contract",
    retention: DEPARTED,
    recipients: "The organisation",
  },
  {
    stores: ["records"],
    purpose: "the Record of Engagement",
    basis: "Contract with the Partner (Art. 6(1)(b))",
    concerns: "Sums; cells of few people withheld. No personal data",
    retention: DEPARTED,
    recipients: "The Partner's Link Officers; the organisation; analysts",
  },
  {
    stores: ["restricted", "journal"],
    purpose: "people's choices and rights; Partners' instructions; use of keys",
    basis: "Legal obligation (Art. 6(1)(c), 7(1), 12-22, 28(3))",
    concerns: "Keyed references and pseudonyms: consents, objections, restrictions, erasures",
    retention: "Two years without interaction; refusals stay as a keyed suppression entry",
    recipients: "The privacy officer; the Partner whose person it is",
  },
  {
    stores: ["requests"],
    purpose: "to answer people's requests in time, and to show it",
    basis: "Legal obligation (Art. 6(1)(c), 12)",
    concerns: "What was asked, when and with what outcome; nothing of who asked",
    retention: `${DEPARTED}; those of subscribers and public accounts are not limited`,
    recipients: "The privacy officer",
  },
  {
    stores: ["audit", "runs"],
    purpose: "to show who did what, and that clocks and backups ran",
    basis: "Accountability (Art. 5(2), 32)",
    concerns: "Account names of operators; nobody else",
    retention: "Not limited",
    recipients: "The privacy officer; supervisory authorities",
  },
  {
    stores: ["log", "quarantine"],
    purpose: "to lose nothing on the way to the tables",
    basis: "As of the tables that it leads to",
    concerns: "Signed-in people, by keyed reference",
    retention: "`ROEBUCK_LOG_RETENTION_HOURS`",
    recipients: "Nobody",
  },
  {
    stores: ["backups"],
    purpose: "to bring lost data back (Art. 32(1)(c))",
    basis: "As of the tables",
    concerns: "Everything above, encrypted; without days that would pass their time before the backup goes",
    retention: "`ROEBUCK_BACKUP_DAYS` (28 days)",
    recipients: "Nobody",
  },
  {
    stores: ["store_epochs"],
    purpose: "operation of the store",
    basis: "No personal data",
    concerns: "Nobody",
    retention: "Not limited",
    recipients: "Nobody",
  },
];

/** Rows of the documentation: what is kept, with the columns of each table that has any. Pure. */
export function toProcessingRows(): readonly (readonly string[])[] {
  return PROCESSING.map(({ stores, purpose, basis, concerns, retention, recipients }) => [
    stores.map((store) => `\`${store}\``).join(", "),
    purpose,
    basis,
    concerns,
    [...new Set(stores.flatMap((store) => toColumnNames(store)))].join(", "),
    retention,
    recipients,
  ]);
}

function toColumnNames(store: string): readonly string[] {
  const columns = Object.entries(TABLES).find(([table]) => table === store)?.[1] ?? [];
  return columns.map(({ name }) => name);
}
