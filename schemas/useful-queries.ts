/** A query that analysts may start from. */
export interface UsefulQuery {
  /** The question that it answers. */
  readonly title: string;
  /** What to know before its answer is relied on. */
  readonly prose: string;
  /** ClickHouse's SQL, over the views alone; the days in it are an example. */
  readonly sql: string;
}

/**
 * Queries that an analyst of the organisation needs, as they stand in the README: each is run by a test on rows whose
 * answer was worked out by hand.
 *
 * Whatever groups people leaves out groups of fewer than five, as the records do; nothing brings behaviour and another
 * purpose together.
 */
export const USEFUL_QUERIES = {
  most_used: {
    title: "What is used most, and by how many people?",
    prose:
      "Uses are events: for COUNTER's figures, which leave out double-clicks, take the records. A pseudonym is of one Partner, so people are counted by both.",
    sql: `SELECT resource, count() AS uses, countIf(full = 1) AS in_full, uniqExact(partner, pseudonym) AS people
FROM engagement_v1
WHERE day BETWEEN '2026-10-01' AND '2026-10-31' AND resource != ''
GROUP BY resource
HAVING people >= 5
ORDER BY uses DESC, resource
LIMIT 20`,
  },
  no_longer_used: {
    title: "What has nobody used for three months?",
    prose: "Of what was used at all within the year that rows are kept.",
    sql: `SELECT resource, max(day) AS last_used, uniqExact(partner) AS partners
FROM engagement_v1
WHERE resource != ''
GROUP BY resource
HAVING last_used < toDate('2026-10-31') - INTERVAL 3 MONTH
ORDER BY last_used, resource`,
  },
  looked_for: {
    title: "What do people look for?",
    prose: "A term of few people may itself tell who they are.",
    sql: `SELECT lower(term) AS words, count() AS searches, uniqExact(partner, pseudonym) AS people
FROM engagement_v1
WHERE type = 'search' AND day BETWEEN '2026-10-01' AND '2026-10-31'
GROUP BY words
HAVING people >= 5
ORDER BY searches DESC, words
LIMIT 50`,
  },
  found_nothing: {
    title: "Which searches lead nowhere?",
    prose: "Nowhere: within ten minutes the same person did nothing else, or looked again.",
    sql: `SELECT words, count() AS searches, countIf(NOT led_on) AS led_nowhere, uniqExact(partner, pseudonym) AS people
FROM
(
    SELECT
        partner,
        pseudonym,
        type,
        lower(term) AS words,
        leadInFrame(type) OVER later NOT IN ('', 'search')
            AND leadInFrame(at) OVER later <= at + INTERVAL 10 MINUTE AS led_on
    FROM engagement_v1
    WHERE day BETWEEN '2026-10-01' AND '2026-10-31'
    WINDOW later AS (PARTITION BY partner, pseudonym ORDER BY at ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)
)
WHERE type = 'search'
GROUP BY words
HAVING people >= 5
ORDER BY led_nowhere / searches DESC, words`,
  },
  busy_hours: {
    title: "When are people here?",
    prose: "1 is Monday. Times of the views are UTC; here they are of London, also across the change of the clocks.",
    sql: `SELECT toDayOfWeek(at, 0, 'Europe/London') AS weekday, toHour(at, 'Europe/London') AS hour, count() AS actions
FROM engagement_v1
WHERE day BETWEEN '2026-10-01' AND '2026-10-31'
GROUP BY weekday, hour
ORDER BY weekday, hour`,
  },
  come_back: {
    title: "Do people come back?",
    prose:
      "Of the people who first came in a month, those who came in the month after, too. A new key epoch makes everybody new; rows older than a year are gone.",
    sql: `SELECT
    first_month,
    count() AS people,
    countIf(has(months, addMonths(first_month, 1))) AS came_back,
    round(came_back / people, 2) AS share
FROM
(
    SELECT
        toStartOfMonth(min(day)) AS first_month,
        groupUniqArray(toStartOfMonth(day)) AS months
    FROM engagement_v1
    GROUP BY partner, pseudonym
)
GROUP BY first_month
HAVING people >= 5
ORDER BY first_month`,
  },
  events: {
    title: "Who came to the events, and for how long?",
    prose: "Ten minutes are what counts as attended in a record, unless set otherwise.",
    sql: `SELECT
    event,
    any(title) AS name,
    uniqExact(partner, pseudonym) AS people,
    uniqExactIf((partner, pseudonym), minutes >= 10) AS attended,
    quantileExact(minutes) AS median_minutes
FROM attendance_v1
WHERE day BETWEEN '2026-10-01' AND '2026-10-31'
GROUP BY event
HAVING people >= 5
ORDER BY people DESC, event`,
  },
  after_events: {
    title: "What do people use in the week after an event?",
    prose: "Attendance and engagement serve one purpose, so a person has one pseudonym in both.",
    sql: `SELECT went.event AS event, used.resource AS resource, uniqExact(went.partner, went.pseudonym) AS people
FROM attendance_v1 AS went
INNER JOIN engagement_v1 AS used ON used.partner = went.partner AND used.pseudonym = went.pseudonym
WHERE went.day BETWEEN '2026-10-01' AND '2026-10-31'
    AND used.day BETWEEN '2026-10-01' AND toDate('2026-10-31') + 8
    AND used.resource != ''
    AND used.at > went.at
    AND used.at <= went.at + INTERVAL 7 DAY
GROUP BY event, resource
HAVING people >= 5
ORDER BY event, people DESC, resource`,
  },
  read_through: {
    title: "Which pages are read through?",
    prose: "Only of people who agreed to the measuring of behaviour; they cannot be matched with the other views.",
    sql: `SELECT
    path,
    uniqExact(partner, pseudonym) AS people,
    round(quantileExact(engaged_ms) / 1000) AS median_seconds,
    round(avg(scroll_pct)) AS mean_scroll
FROM behaviour_v1
WHERE type = 'leave' AND day BETWEEN '2026-10-01' AND '2026-10-31'
GROUP BY path
HAVING people >= 5
ORDER BY median_seconds DESC, path`,
  },
  from_where: {
    title: "Where do anonymous visitors come from?",
    prose: "Sums by hour, without a person. A visit is a view that came from another host.",
    sql: `SELECT if(referrer = '', '(none)', referrer) AS came_from, country, sum(visits) AS visits, sum(views) AS views
FROM statistics_v1
WHERE hour >= toDateTime('2026-10-01', 'UTC') AND hour < toDateTime('2026-11-01', 'UTC')
GROUP BY came_from, country
ORDER BY visits DESC, came_from, country`,
  },
  months: {
    title: "How did each Partner's months go?",
    prose: "From the closed records, each in its latest version: these are the figures that the Partner has.",
    sql: `SELECT
    partner,
    month,
    JSONExtractUInt(latest, 'figures', 'active_people') AS active_people,
    JSONExtractUInt(latest, 'figures', 'Unique_Item_Requests') AS unique_requests
FROM
(
    SELECT partner, month, argMax(record, version) AS latest
    FROM records_v1
    GROUP BY partner, month
)
ORDER BY partner, month`,
  },
  fell: {
    title: "Which Partners use it less than a month ago?",
    prose: "A Partner without a closed record of either month is left out.",
    sql: `WITH latest AS
(
    SELECT partner, month, JSONExtractUInt(argMax(record, version), 'figures', 'active_people') AS people
    FROM records_v1
    WHERE month IN ('2026-09', '2026-10')
    GROUP BY partner, month
)
SELECT partner, earlier.people AS before, later.people AS now, round(now / before - 1, 2) AS change
FROM latest AS later
INNER JOIN latest AS earlier USING (partner)
WHERE later.month = '2026-10' AND earlier.month = '2026-09' AND now < before
ORDER BY change, partner`,
  },
} as const satisfies Record<string, UsefulQuery>;

/** The name of such a query. */
export type UsefulQueryName = keyof typeof USEFUL_QUERIES;
