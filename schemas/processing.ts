import { TABLES } from "./columns.ts";
import { SETTINGS, toVariable } from "./settings.ts";

/** For whose people we are what: the Partner is the controller of its own, the organisation of everyone else's. */
export type ProcessingRole = "controller" | "processor";

/** A period that a setting decides, and how it is kept to. */
export interface SetPeriod {
  readonly setting: "retentionDays" | "logRetentionHours" | "backupDays" | "exportDays";
  readonly how: string;
}

/** What the records of processing say of one store of data (GDPR Art. 30). */
export interface ProcessingEntry {
  /** Tables of the warehouse, or `log` and `journal`. */
  readonly stores: readonly string[];
  /** Empty where there are no personal data. */
  readonly roles: readonly ProcessingRole[];
  readonly purpose: string;
  readonly basis: string;
  /** Whose data it is, and what kind. */
  readonly concerns: string;
  readonly retention: string | SetPeriod;
  readonly recipients: string;
}

const BOTH: readonly ProcessingRole[] = ["controller", "processor"];
const YEAR: SetPeriod = { setting: "retentionDays", how: "by dropping days each night" };
const CONTRACT = "Contract with the Partner or subscriber (Art. 6(1)(b), (f)); public accounts: consent";
const DEPARTED = "Three calendar years after the Partner has left";
const PSEUDONYM = "Signed-in people, by pseudonym";

/** Everything that is kept, why, on what basis, for how long and who gets it. */
export const PROCESSING: readonly ProcessingEntry[] = [
  {
    stores: ["engagement", "attendance"],
    roles: BOTH,
    purpose: "engagement: what a Partner's people got out of its contract",
    basis: CONTRACT,
    concerns: `${PSEUDONYM}: pages, downloads, searches, events attended, department`,
    retention: YEAR,
    recipients: "Analysts, by views; the Partner, as sums in its record",
  },
  {
    stores: ["behaviour"],
    roles: BOTH,
    purpose: "behaviour: how pages are used",
    basis: "Consent (Art. 6(1)(a))",
    concerns: `${PSEUDONYM} of the consent: time, scroll, clicks, device class`,
    retention: YEAR,
    recipients: "Analysts, by views",
  },
  {
    stores: ["feedback"],
    roles: BOTH,
    purpose: "feedback, given voluntarily",
    basis: "Voluntary; combined with the person by consent only (Art. 6(1)(a))",
    concerns: "Score and comment; by pseudonym if agreed, otherwise nobody's",
    retention: YEAR,
    recipients: "The organisation; a record shows numbers, never a comment",
  },
  {
    stores: ["statistics_hourly"],
    roles: [],
    purpose: "statistics: anonymous counts",
    basis: "No personal data (Recital 26)",
    concerns: "Sums by hour, page, referrer host, country and device class",
    retention: "Not limited",
    recipients: "Analysts",
  },
  {
    stores: ["people"],
    roles: BOTH,
    purpose: "to know who has not been here for two years",
    basis: "Storage limitation (Art. 5(1)(e))",
    concerns: `${PSEUDONYM}: the day of the last visit`,
    retention: "Two calendar years after the last visit",
    recipients: "Nobody",
  },
  {
    stores: ["held"],
    roles: BOTH,
    purpose: "legal hold",
    basis: "Legal claims (Art. 17(3)(e))",
    concerns: `${PSEUDONYM}: rows beyond their time that an order covers`,
    retention: "Until the hold is released; then the next night",
    recipients: "Whom the order names",
  },
  {
    stores: ["drops"],
    roles: [],
    purpose: "to show how each record was counted",
    basis: "Accountability (Art. 5(2))",
    concerns: "Event ids and reasons, no person",
    retention: YEAR,
    recipients: "The Partner, as sums in its record",
  },
  {
    stores: ["resources"],
    roles: [],
    purpose: "titles for records",
    basis: CONTRACT,
    concerns: "Addresses and titles of pages by Partner, no person",
    retention: "Until nobody was shown it for the retention period, or everyone who was is erased",
    recipients: "The Partner, in its record",
  },
  {
    stores: ["partners", "contacts"],
    roles: ["controller"],
    purpose: "to make and deliver records",
    basis: "Contract with the Partner (Art. 6(1)(b))",
    concerns: "Link Officers: name and e-mail address; terms of the contract",
    retention: DEPARTED,
    recipients: "The organisation",
  },
  {
    stores: ["records"],
    roles: [],
    purpose: "the Record of Engagement",
    basis: "Contract with the Partner (Art. 6(1)(b))",
    concerns: "Sums; cells of few people withheld. No personal data",
    retention: DEPARTED,
    recipients: "The Partner's Link Officers; the organisation; analysts",
  },
  {
    stores: ["deliveries"],
    roles: ["controller"],
    purpose: "to bring each record to each Link Officer once, and to show it",
    basis: "Contract with the Partner (Art. 6(1)(b))",
    concerns: "Link Officers, by a hash of the address: what was sent, when, and whether it was taken",
    retention: DEPARTED,
    recipients: "The organisation",
  },
  {
    stores: ["restricted", "journal"],
    roles: BOTH,
    purpose: "people's choices and rights; Partners' instructions; use of keys",
    basis: "Legal obligation (Art. 6(1)(c), 7(1), 12-22, 28(3))",
    concerns: "Keyed references and pseudonyms: consents, objections, restrictions, erasures",
    retention: "Two years without interaction; refusals stay as a keyed suppression entry",
    recipients: "The privacy officer; the Partner whose person it is",
  },
  {
    stores: ["requests"],
    roles: BOTH,
    purpose: "to answer people's requests in time, and to show it",
    basis: "Legal obligation (Art. 6(1)(c), 12)",
    concerns: "What was asked, when and with what outcome; nothing of who asked",
    retention: `${DEPARTED}; those of subscribers and public accounts are not limited`,
    recipients: "The privacy officer",
  },
  {
    stores: ["audit", "runs"],
    roles: ["controller"],
    purpose: "to show who did what, and that clocks and backups ran",
    basis: "Accountability (Art. 5(2), 32)",
    concerns: "Account names of operators and analysts, ids of API keys; nobody else",
    retention: "Not limited",
    recipients: "The privacy officer; supervisory authorities",
  },
  {
    stores: ["log", "quarantine"],
    roles: BOTH,
    purpose: "to lose nothing on the way to the tables",
    basis: "As of the tables that it leads to",
    concerns: "Signed-in people, by keyed reference",
    retention: { setting: "logRetentionHours", how: "once it is stored" },
    recipients: "Nobody",
  },
  {
    stores: ["backups"],
    roles: BOTH,
    purpose: "to bring lost data back (Art. 32(1)(c))",
    basis: "As of the tables",
    concerns: "Everything above, encrypted; without days that would pass their time before the backup goes",
    retention: { setting: "backupDays", how: "by deleting the file" },
    recipients: "Nobody",
  },
  {
    stores: ["exports"],
    roles: BOTH,
    purpose: "to hand data over: exports of people, of Partners, of queries",
    basis: "Legal obligation (Art. 6(1)(c), 15, 20, 28(3)(g)); otherwise as of the tables",
    concerns: "Files with what was asked for: rows of people by pseudonym",
    retention: { setting: "exportDays", how: "by deleting the file; with an erasure of anybody who may be in it" },
    recipients: "Whoever asked, by way of an operator",
  },
  {
    stores: ["store_epochs", "leases"],
    roles: [],
    purpose: "operation of the store",
    basis: "No personal data",
    concerns: "Nobody",
    retention: "Not limited",
    recipients: "Nobody",
  },
];

/** Live values of the settings that decide a period. */
export type PeriodSettings = Readonly<Record<SetPeriod["setting"], number>>;

/** How long something is kept, in words: `365 days, by dropping days each night`. Pure. */
export function toRetentionWords({ retention }: ProcessingEntry, settings: PeriodSettings): string {
  if (typeof retention === "string") return retention;
  const { unit } = SETTINGS[retention.setting];
  return `${settings[retention.setting]} ${unit}, ${retention.how}`;
}

function toDocumentedRetention({ retention }: ProcessingEntry): string {
  if (typeof retention === "string") return retention;
  const { initial, unit } = SETTINGS[retention.setting];
  return `\`${toVariable(retention.setting)}\` (${initial} ${unit}), ${retention.how}`;
}

/** The columns of an entry's tables, with what each means. Pure. */
export function toFields({ stores }: ProcessingEntry): readonly { readonly name: string; readonly prose: string }[] {
  const fields = new Map<string, string>();
  for (const store of stores)
    for (const { name, prose } of toColumns(store)) if (!fields.has(name)) fields.set(name, prose);
  return [...fields].map(([name, prose]) => ({ name, prose }));
}

/** Rows of the documentation: what is kept, with the columns of each table that has any. Pure. */
export function toProcessingRows(): readonly (readonly string[])[] {
  return PROCESSING.map((entry) => [
    entry.stores.map((store) => `\`${store}\``).join(", "),
    entry.purpose,
    entry.basis,
    entry.concerns,
    toFields(entry)
      .map(({ name }) => name)
      .join(", "),
    toDocumentedRetention(entry),
    entry.recipients,
  ]);
}

function toColumns(store: string): readonly { readonly name: string; readonly prose: string }[] {
  return Object.entries(TABLES).find(([table]) => table === store)?.[1] ?? [];
}

/** What protects the data (GDPR Art. 32), where it does not depend on a setting. */
export const MEASURES: readonly { readonly title: string; readonly prose: string }[] = [
  {
    title: "Pseudonyms",
    prose:
      "A user id is replaced by a keyed reference before anything is written, and that by a pseudonym under a key of the Partner and its period. Keys are in none of the stores and in no backup, can be changed, and destroying a Partner's makes its rows anonymous for good.",
  },
  {
    title: "Minimising",
    prose:
      "Only listed fields are taken. Addresses lose their query but for listed parts; what looks like an e-mail address, a telephone number or a token is masked in all text. Network addresses and user agents are used in memory and never written. Keystrokes, form values, page content and recordings are never collected.",
  },
  {
    title: "Purposes kept apart",
    prose:
      "Each purpose has its own tables and pseudonyms, so that behaviour cannot be combined with engagement. Without a lawful basis an event is dropped, and the drop is counted.",
  },
  {
    title: "Access by need",
    prose:
      "API keys have roles, an end and, where wanted, some Partners only; only their hashes are kept. Analysts read views that hide what is restricted. Keys, data and exports can be read by the service's own account alone.",
  },
  {
    title: "Accountability",
    prose:
      "Who did what to personal data is noted before it is done, in a trail that is only added to and never names a person. Erasures, purges and departures are verified and certified.",
  },
  {
    title: "Small numbers",
    prose: "A record withholds what describes few people, and whatever that could be worked out from.",
  },
  {
    title: "Availability",
    prose:
      "What was acknowledged is durable and counts once, also after a crash at any moment. A restore applies everything that people decided since before it serves.",
  },
  {
    title: "Deletion on time",
    prose:
      "Days leave when their time is over, in the tables, the log and the quarantine, and the disk is looked at afterwards. What is overdue raises an alarm.",
  },
];
