/** A kind of data within a table, told apart for a notice. */
interface Category {
  readonly id: string;
  readonly title: string;
  /** Which rows have it: constant text. */
  readonly where: string;
}

/** A table of people's rows, in the words of a notice. */
interface Kind {
  readonly title: string;
  /** The fields, for whoever reads the notice. */
  readonly prose: string;
  readonly purpose: string;
  readonly categories: readonly Category[];
}

/** What lies in the tables with a pseudonym, by table. */
export const KINDS = {
  engagement: {
    title: "Use of the website",
    purpose: "engagement",
    prose:
      "pseudonym, time, what was done, page, resource, host that the person came from, department where the account has one, words searched for",
    categories: [
      { id: "pages", title: "pages viewed", where: "type = 'page_view'" },
      { id: "downloads", title: "files downloaded", where: "type = 'download'" },
      { id: "plays", title: "media played", where: "type = 'play'" },
      { id: "searches", title: "searches, with the words (masked free text)", where: "type = 'search'" },
      { id: "departments", title: "rows that name a department", where: "dept != ''" },
    ],
  },
  behaviour: {
    title: "How pages were used (by consent)",
    purpose: "behaviour",
    prose: "a pseudonym of its own, time, page, time in use, scrolling, names of what was clicked, kind of device",
    categories: [
      { id: "reading", title: "time on a page and scrolling", where: "type = 'leave'" },
      { id: "clicks", title: "clicks", where: "type = 'click'" },
      { id: "devices", title: "kind of device, browser and system", where: "device != ''" },
    ],
  },
  feedback: {
    title: "Feedback",
    purpose: "feedback",
    prose: "time, page, score, comment (masked free text); a pseudonym only where the person agreed to it",
    categories: [
      { id: "scores", title: "scores", where: "score > 0" },
      { id: "comments", title: "comments (free text)", where: "comment != ''" },
    ],
  },
  attendance: {
    title: "Events attended",
    purpose: "engagement",
    prose:
      "pseudonym, time, id, title and kind of the event, minutes attended, department where the account has one; the pseudonym is that of the use of the website",
    categories: [
      { id: "attended_events", title: "attendances of events", where: "event != ''" },
      { id: "attended_departments", title: "rows that name a department", where: "dept != ''" },
    ],
  },
  held: {
    title: "Kept under a legal hold",
    purpose: "legal hold",
    prose: "rows of the four kinds above whose time is over and that an order forbids to delete, each whole",
    categories: [
      { id: "held_engagement", title: "use of the website", where: "source = 'engagement'" },
      { id: "held_behaviour", title: "how pages were used", where: "source = 'behaviour'" },
      { id: "held_feedback", title: "feedback", where: "source = 'feedback'" },
      { id: "held_attendance", title: "events attended", where: "source = 'attendance'" },
    ],
  },
  people: {
    title: "Day of the last visit",
    purpose: "retention",
    prose: "a pseudonym and the day on which it was last seen, kept until two years have passed without a visit",
    categories: [],
  },
} as const satisfies Record<string, Kind>;

/** A table with people's rows. */
export type KindName = keyof typeof KINDS;
/** All of them, in the order of a notice. */
export const KIND_NAMES = Object.keys(KINDS) as readonly KindName[]; // keys of a constant object

/** What a grouped query answers for a table, Partner, kind of account and key epoch; counts as text. */
export interface CountedRow {
  readonly partner: string;
  /** Kind of account; empty where the table does not say. */
  readonly account: string;
  readonly epoch: number;
  readonly rows: string;
  /** Different pseudonyms. */
  readonly people: string;
  /** Of those, whose processing is restricted. */
  readonly restricted: string;
  /** Rows without a pseudonym. */
  readonly unlinked: string;
  /** UTC days with rows, days since 1970. */
  readonly days: readonly number[];
  /** By id of a category: `rows_<id>` and `people_<id>`. */
  readonly [part: `rows_${string}` | `people_${string}`]: string;
}

const LINKED = "pseudonym != toFixedString('', 16)";
const RESTRICTED = "(partner, pseudonym) IN (SELECT partner, pseudonym FROM restricted)";
const IN_SPAN = "at BETWEEN {from:DateTime64(3, 'UTC')} AND {until:DateTime64(3, 'UTC')}";
const ABOUT = "({partner:String} = '*' OR partner = {partner:String})";
const DAYS_IN_SPAN = "last_day BETWEEN toDate({from:DateTime64(3, 'UTC')}) AND toDate({until:DateTime64(3, 'UTC')})";

const SOURCES: Readonly<Record<KindName, { readonly from: string; readonly account: string; readonly day: string }>> = {
  engagement: { from: `engagement WHERE ${IN_SPAN}`, account: "acct", day: "toDate(at)" },
  behaviour: { from: `behaviour WHERE ${IN_SPAN}`, account: "acct", day: "toDate(at)" },
  feedback: { from: `feedback WHERE ${IN_SPAN}`, account: "acct", day: "toDate(at)" },
  attendance: { from: `attendance WHERE ${IN_SPAN}`, account: "acct", day: "toDate(at)" },
  // Copies that are not merged yet are one row.
  held: { from: `held FINAL WHERE ${IN_SPAN}`, account: "JSONExtractString(body, 'acct')", day: "toDate(at)" },
  people: { from: `people FINAL WHERE ${DAYS_IN_SPAN}`, account: "''", day: "last_day" },
};

/**
 * The one query that counts a table for every Partner at once. Its parameters: `from`, `until` (as the store writes
 * times) and `partner` (an id, or `*` for all). It answers sums, never a pseudonym. Pure.
 */
export function toCountQuery(kind: KindName): string {
  const { from, account, day } = SOURCES[kind];
  const categories: readonly Category[] = KINDS[kind].categories;
  const parts = categories.map(
    ({ id, where }) =>
      `countIf(${where}) AS rows_${id}, uniqExactIf(pseudonym, (${where}) AND ${LINKED}) AS people_${id},`,
  );
  return `SELECT partner, ${account} AS account, epoch, count() AS rows,
    uniqExactIf(pseudonym, ${LINKED}) AS people,
    uniqExactIf(pseudonym, ${LINKED} AND ${RESTRICTED}) AS restricted,
    countIf(NOT (${LINKED})) AS unlinked,
    ${parts.join("\n    ")}
    groupUniqArray(toUInt16(${day})) AS days
  FROM ${from} AND ${ABOUT}
  GROUP BY partner, account, epoch`;
}

/**
 * Different pseudonyms over all tables by Partner, and how many of them are restricted. Everyone has at least one, so
 * that it is the most people there can be. Parameters as above.
 */
export const PEOPLE_QUERY = `SELECT partner, uniqExact(pseudonym) AS people, uniqExactIf(pseudonym, ${RESTRICTED}) AS restricted
  FROM (
    ${KIND_NAMES.map((kind) => `SELECT partner, pseudonym FROM ${SOURCES[kind].from.replace(" FINAL", "")} AND ${ABOUT}`).join("\n    UNION ALL ")}
  )
  WHERE ${LINKED}
  GROUP BY partner`;

/**
 * Different pseudonyms of one realm by Partner and key epoch: the use of the website and events attended are told by the
 * same, so that there are no fewer people than the most of them. Public accounts have one a consent and tell of no fewest.
 * Parameters as above.
 */
export const FEWEST_QUERY = `SELECT partner, max(people) AS people FROM (
    SELECT partner, epoch, uniqExact(pseudonym) AS people
    FROM (
      SELECT partner, epoch, pseudonym FROM engagement WHERE ${IN_SPAN} AND ${ABOUT} AND acct != 'public' AND ${LINKED}
      UNION ALL
      SELECT partner, epoch, pseudonym FROM attendance WHERE ${IN_SPAN} AND ${ABOUT} AND acct != 'public' AND ${LINKED}
    )
    GROUP BY partner, epoch
  )
  GROUP BY partner`;

/** Requests of people that lay there, by Partner: they say what was asked, never by whom. Parameters as above. */
export const REQUESTS_QUERY = `SELECT partner, count() AS rows FROM requests FINAL
  WHERE opened_at BETWEEN {from:DateTime64(3, 'UTC')} AND {until:DateTime64(3, 'UTC')} AND ${ABOUT}
  GROUP BY partner`;

/** Names of Partners. Parameter `partner` as above. */
export const PARTNERS_QUERY =
  "SELECT id, name FROM partners FINAL WHERE ({partner:String} = '*' OR id = {partner:String})";

/** Link Officers on file now. Parameter `partner` as above. */
export const OFFICERS_QUERY = `SELECT partner, name, email FROM contacts FINAL WHERE gone = 0 AND ${ABOUT} ORDER BY partner, email`;
