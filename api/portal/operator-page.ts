import { html, type Markup } from "../../reporting/markup-text.ts";
import { toCountedWords, toCountWords, toMonthWords } from "../../reporting/words.ts";
import type { EpochMs } from "../../schemas/ids.ts";
import { type OperatorView, STORED } from "./operator-view.ts";
import type { PortalPage } from "./shell.ts";

const MINUTE_MS = 60_000;
/** Records wait on the log for so long before somebody is to look. */
const LAG_MS_MAX = 10 * MINUTE_MS;
/** So many may wait where another process stores, and nobody here knows since when. */
const BACKLOG_MAX = 500_000;

/** What somebody must look at, each with what to do. Empty: all is well. Pure. */
export function toAlarms(view: OperatorView): readonly string[] {
  const { checks, purge, backup, requests, jobs, backlog, storedUntilMs, atMs, deliveries } = view;
  const isLate = storedUntilMs > 0 ? backlog > 0 && atMs - storedUntilMs > LAG_MS_MAX : backlog > BACKLOG_MAX;
  return [
    ...checks.filter(({ isWell }) => !isWell).map(({ name }) => `Not well: ${name}. Run: roebuck check`),
    ...(isLate
      ? [
          `${toCountedWords(backlog, "record waits", "records wait")} on the log and none was stored for more than ten minutes. Run: roebuck check`,
        ]
      : []),
    ...(purge.isOverdue
      ? [
          `The purge is overdue (${toCountedWords(purge.overdueDays, "day", "days")} of rows past their year). Run: roebuck purge`,
        ]
      : []),
    ...(backup.isOverdue ? ["No backup was made for 26 hours. Run: roebuck backup"] : []),
    ...(deliveries.refused > 0
      ? [
          `${toCountedWords(deliveries.refused, "delivery of a record was", "deliveries of records were")} refused by the mail server for good. Correct the addresses of the officers.`,
        ]
      : []),
    ...(deliveries.overdue > 0
      ? [
          `${toCountedWords(deliveries.overdue, "record has", "records have")} not come to an officer in ${toCountedWords(deliveries.hoursMax, "hour", "hours")} since the close. Run: roebuck deliver MONTH --dry-run`,
        ]
      : []),
    ...(requests.overdue > 0
      ? [
          `${toCountedWords(requests.overdue, "request of a person is", "requests of people are")} overdue. Run: roebuck requests list`,
        ]
      : []),
    ...jobs
      .filter(({ outcome }) => outcome === "failed")
      .map(
        ({ job }) =>
          `The last try of a job of the night failed: ${job}. The log says why; it is tried every ten minutes.`,
      ),
  ];
}

/** How the installation stands, on one screen. Pure. */
export function toOperatorPage(view: OperatorView): PortalPage {
  const alarms = toAlarms(view);
  const told =
    alarms.length === 0
      ? html`<p class="notice" role="status">No alarms.</p>`
      : html`<div class="alarm" role="alert"><ul>
${alarms.map((alarm) => html`<li>${alarm}</li>`)}
</ul></div>`;
  return {
    kind: "operator",
    title: `${alarms.length === 0 ? "All well" : toCountedWords(alarms.length, "alarm", "alarms")}: Roebuck`,
    ways: [{ path: "/operator", words: "State" }],
    path: "/operator",
    foot: "Roebuck  ·  counts and times of this installation; nobody's data",
    content: html`<h1>How it stands</h1>
<p class="facts">${toTime(view.atMs)}. Load the page again for the present state.</p>
<h2>Alarms</h2>
${told}
<div class="screen">
<div>${toTraffic(view)}</div>
<div>${toReasons(view)}
${toStanding(view)}</div>
</div>`,
  };
}

function toTraffic({ days }: OperatorView): Markup {
  const rows = days.map(({ day, stored, dropped, views }) => {
    const kept = STORED.reduce((sum, table) => sum + stored[table], 0);
    const cells = [kept + dropped, kept, ...STORED.map((table) => stored[table]), dropped, views];
    return html`<tr class="row"><th scope="row">${day}</th>${cells.map((cell) => html`<td class="right">${toCountWords(cell)}</td>`)}</tr>`;
  });
  const titles = ["Came in", "Kept", "Use", "Behaviour", "Feedback", "Attended", "Dropped", "Anonymous views"];
  return html`<h2>What came in</h2>
<div class="scroll" role="region" aria-label="What came in" tabindex="0"><table class="compact shown"><caption><span>Events by the UTC day on which they happened</span></caption>
<thead><tr><th scope="col">Day</th>${titles.map((title) => html`<th scope="col" class="right">${title}</th>`)}</tr></thead>
<tbody>
${rows}
</tbody></table></div>`;
}

function toReasons({ reasons }: OperatorView): Markup {
  const rows = reasons.map(
    ({ title, events }) =>
      html`<tr class="row"><th scope="row">${title}</th><td class="right">${toCountWords(events)}</td></tr>`,
  );
  return html`<h2>Dropped, by reason</h2>
${
  rows.length === 0
    ? html`<p>Nothing was dropped in these seven days.</p>`
    : html`<table class="compact shown"><caption>The same seven days</caption>
<thead><tr><th scope="col">Reason</th><th scope="col" class="right">Events</th></tr></thead>
<tbody>
${rows}
</tbody></table>`
}`;
}

function toStanding(view: OperatorView): Markup {
  const rows = [...toStoring(view), ...toCloses(view), ...toDeliveries(view), ...toNights(view), ...toRequests(view)];
  return html`<h2>Work</h2>
<table class="compact shown"><caption>What is done and what is due</caption>
<thead><tr><th scope="col">What</th><th scope="col">State</th></tr></thead>
<tbody>
${rows.map(([what, state, isBad]) => html`<tr class="row"><th scope="row">${what}</th><td>${isBad === true ? html`<span class="state bad">${state}</span>` : html`${state}`}</td></tr>`)}
</tbody></table>`;
}

type Line = readonly [what: string, state: string, isBad?: boolean];

function toStoring({ checks, backlog, storedUntilMs, atMs }: OperatorView): Line[] {
  const bad = checks.filter(({ isWell }) => !isWell).map(({ name }) => name);
  const lagS = Math.max(0, Math.round((atMs - storedUntilMs) / 1_000));
  const since = storedUntilMs === 0 ? "stored by another process" : `all stored up to ${toCountWords(lagS)} s ago`;
  return [
    [
      "Parts",
      bad.length === 0 ? `well: ${checks.map(({ name }) => name).join(", ")}` : `not well: ${bad.join(", ")}`,
      bad.length > 0,
    ],
    ["Lag", `${toCountedWords(backlog, "record waits", "records wait")} on the log; ${since}`],
  ];
}

function toCloses({ closes, partners }: OperatorView): Line[] {
  const [last] = closes;
  if (last === undefined) return [["Last close", "no month is closed"]];
  const state = `${toMonthWords(last.month)}, ${toCountWords(last.partners)} of ${toCountedWords(partners, "Partner", "Partners")}, ${toTime(last.closedMs)}`;
  return [["Last close", state]];
}

function toDeliveries({ deliveries }: OperatorView): Line[] {
  const { sent, refused, waiting, overdue, lastSentMs } = deliveries;
  const last = lastSentMs === undefined ? "" : `; the last ${toTime(lastSentMs)}`;
  const state = `${toCountWords(sent)} sent, ${toCountWords(waiting)} to be sent, ${toCountWords(refused)} refused, of records closed in 45 days${last}`;
  return [["Deliveries", state, refused + overdue > 0]];
}

function toNights({ purge, backup, jobs }: OperatorView): Line[] {
  const last = (ms: EpochMs | undefined) => (ms === undefined ? "never" : toTime(ms));
  return [
    ["Purge", last(purge.lastSuccessMs), purge.isOverdue],
    [
      "Backup",
      backup.isWanted ? last(backup.lastMs) : "none is asked for: ROEBUCK_BACKUP_DIR is empty",
      backup.isOverdue,
    ],
    ...(backup.verified === undefined
      ? []
      : [["Backups verified", `${backup.verified.outcome}, ${toTime(backup.verified.atMs)}`] as const]),
    ...jobs.map(
      ({ job, outcome, atMs }): Line => [`Night: ${job}`, `${outcome}, ${toTime(atMs)}`, outcome === "failed"],
    ),
  ];
}

function toRequests({ requests: { open, stopped, overdue, soon, nextDueMs } }: OperatorView): Line[] {
  const next = nextDueMs === undefined ? "" : `; the next is due ${toTime(nextDueMs)}`;
  const state = `${toCountWords(open)} open, ${toCountWords(stopped)} stopped, ${toCountWords(soon)} due within seven days, ${toCountWords(overdue)} overdue${next}`;
  return [["Requests of people", state, overdue > 0]];
}

function toTime(ms: EpochMs): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
