import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeMonth } from "../../reporting/close.ts";
import { readRecord } from "../../reporting/records.ts";
import { type EpochMs, type Month, toEpochMs, toMonthOffset } from "../../schemas/ids.ts";
import type { Clock } from "../../schemas/ports.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import { CommandError, type CommandIo } from "../command-io.ts";
import { importEvents } from "../commands/import-events.ts";
import { importPartners } from "../commands/partners-import.ts";
import { type HouseStyle, openHouseStyle, toRecordStyle } from "../house-style.ts";
import { parsePartners } from "../partners.ts";
import { toRecordFiles } from "../records/record-files.ts";
import type { Service } from "../service.ts";
import { importReports, tellAttendances } from "./attending.ts";
import { DEMO_PARTNERS } from "./catalogue.ts";
import { createRandom, type DemoVisit, planMonth, ROBOT_AGENTS } from "./traffic.ts";
import { type Mint, openPost, sendVisit } from "./traffic-sender.ts";

const SEED = 20_260_101;
const STEP_MS = 3 * 3_600_000;
const SENDERS = 16;
const OFFLINE_MS = 80 * 3_600_000;

/** A clock that the demo can set back, so that the collector lives through a past month in a minute. */
export interface DemoClock extends Clock {
  /** The instant that it shows from now on; `undefined` lets it run with the machine's own again. */
  set(ms: number | undefined): void;
}

/** A demo clock that runs with the machine's until it is set. */
export function createDemoClock(): DemoClock {
  let fixed: number | undefined;
  return {
    nowMs: (): EpochMs => toEpochMs(fixed ?? Date.now()),
    set(ms) {
      fixed = ms;
    },
  };
}

/** The three months of the demo, oldest first: the last three that are over at `nowMs` in UTC. */
export function toDemoMonths(nowMs: number): readonly [Month, Month, Month] {
  const current = new Date(nowMs).toISOString().slice(0, 7) as Month; // yyyy-mm of a valid instant
  return [toMonthOffset(current, -3), toMonthOffset(current, -2), toMonthOffset(current, -1)];
}

/** The parts that the demo plays with. */
export interface DemoParts {
  readonly service: Service;
  readonly clock: DemoClock;
  readonly mint: Mint;
  readonly site: string;
  readonly collectorUrl: string;
  readonly outFolder: string;
  readonly io: CommandIo;
}

/** Runs the main job on invented people: Partners in, two months of history and reports through the importers, one month of beacons and attendances through the collector, months closed, PDFs written. Answers the last month's records. */
export async function runDemo(parts: DemoParts): Promise<readonly RecordOfEngagement[]> {
  const { service, io, outFolder } = parts;
  const house = openHouseStyle(service.settings); // a colour or logo that cannot be used ends the demo here, not after a minute
  mkdirSync(outFolder, { recursive: true });
  await importDemoPartners(parts);
  const months = toDemoMonths(Date.now());
  await importHistory(parts, [months[0], months[1]]);
  await importReports(service, [months[0], months[1]], { ...parts, seed: SEED });
  await sendMonth(parts, months[2]);
  await tellAttendances(service, months[2], { ...parts, seed: SEED });
  await service.drain(io);
  for (const [index, month] of months.entries()) {
    io.progress("months closed", index, months.length);
    await closeMonth({ warehouse: service.warehouse, clock: service.clock, settings: service.settings }, month);
  }
  return writeRecords(parts, months[2], house);
}

async function importDemoPartners({ service, outFolder }: DemoParts): Promise<void> {
  const year = new Date().getUTCFullYear();
  const lines = DEMO_PARTNERS.map((partner) => {
    const seats = partner.seats ?? "";
    return `${partner.id},"${partner.name}",${partner.group},${seats},${partner.fee},GBP,${year - 1}-04-01,${year + 1}-03-31,${partner.zone},Link Officer,link.officer@${partner.id}.example`;
  });
  const csv = `id,name,group,seats,fee,currency,contract_start,contract_end,zone,officer_name,officer_email\n${lines.join("\n")}\n`;
  writeFileSync(join(outFolder, "partners.csv"), csv);
  const outcome = parsePartners(Buffer.from(csv), service.settings.defaultZone);
  if ("problems" in outcome) throw new Error(`Cannot import the demo's Partners: ${outcome.problems[0]?.problem}`);
  await importPartners(service, outcome.partners);
}

async function importHistory({ service, io, outFolder, site }: DemoParts, months: readonly Month[]): Promise<void> {
  const visits = months.flatMap((month, index) =>
    DEMO_PARTNERS.flatMap((partner, rank) => planMonth(partner, month, SEED + rank * 100 + index, Date.now())),
  );
  const lines = visits.flatMap((visit) =>
    visit.events.map((event) =>
      JSON.stringify({
        ...event,
        at: new Date(event.at).toISOString(),
        sub: visit.person.id,
        acct: "partner",
        ptn: visit.person.partner,
        dept: visit.person.dept,
        consent: visit.person.consent,
        site,
      }),
    ),
  );
  const file = join(outFolder, "history.ndjson");
  writeFileSync(file, `${lines.join("\n")}\n`);
  await importEvents(service, file, site, io);
}

/** A visit and the instant (UTC) at which its browser gets through to the collector. */
interface Sending {
  readonly visit: DemoVisit;
  readonly sentMs: number;
}

async function sendMonth(parts: DemoParts, month: Month): Promise<void> {
  const { clock, io } = parts;
  const visits = DEMO_PARTNERS.flatMap((partner, rank) => planMonth(partner, month, SEED + rank * 100 + 2, Date.now()));
  const all = [...visits.map(toSending), ...toOddities(visits)].sort((one, other) => one.sentMs - other.sentMs);
  using sender = openPost(parts.collectorUrl);
  let sent = 0;
  try {
    for (let first = all[sent]; first !== undefined; first = all[sent]) {
      const nowMs = (Math.floor(first.sentMs / STEP_MS) + 1) * STEP_MS;
      clock.set(nowMs);
      const step = all.slice(sent).filter(({ sentMs }) => sentMs < nowMs);
      await inParallel(step, ({ visit }) => sendVisit(sender.post, parts.mint, parts.site, visit, nowMs));
      await sendAnonymous(parts, sender.post, nowMs, step.length);
      sent += step.length;
      io.progress("visits sent to the collector", sent, all.length);
      if (io.signal.aborted) throw new CommandError("The demo was stopped.");
    }
  } finally {
    clock.set(undefined);
  }
}

function toSending(visit: DemoVisit): Sending {
  return { visit, sentMs: visit.events.at(-1)?.at ?? 0 };
}

/** What real traffic brings along: robots with a session, and machines that were offline for too long. All of it must be dropped and told. */
function toOddities(visits: readonly DemoVisit[]): Sending[] {
  const random = createRandom(SEED);
  const chosen = visits.filter(() => random() < 0.03);
  return chosen.map((visit, index) => {
    const events = visit.events.map((event) => ({ ...event, id: toOtherId(event.id) }));
    const robot = ROBOT_AGENTS[index % ROBOT_AGENTS.length] ?? "";
    if (index % 4 !== 0) return toSending({ ...visit, userAgent: robot, events });
    const sending = toSending({ ...visit, events });
    return { ...sending, sentMs: sending.sentMs + OFFLINE_MS };
  });
}

/** Another id that is as repeatable as the first: the variant digit is `b` where the plan's ids have `a`. */
function toOtherId(id: string): string {
  return `${id.slice(0, 19)}b${id.slice(20)}`;
}

async function sendAnonymous(
  parts: DemoParts,
  post: (body: object, userAgent: string) => Promise<number>,
  nowMs: number,
  count: number,
): Promise<void> {
  const random = createRandom(nowMs % 2 ** 31);
  const views = Array.from({ length: Math.ceil(count / 4) }, () => random());
  await inParallel(views, async (chance) => {
    const path = chance < 0.5 ? "/" : "/guides/recognising-neglect-early";
    const referrer = chance < 0.3 ? "https://search.example/" : "https://www.demo.example/";
    const id = `00000000-0000-7000-8000-${Math.floor(chance * 2 ** 40)
      .toString(16)
      .padStart(12, "0")}`;
    const event = { id, type: "page_view", at: nowMs - 1_000, url: `https://www.demo.example${path}`, referrer };
    const agent =
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
    await post({ v: 1, site: parts.site, sent_at: nowMs, events: [event] }, agent);
  });
}

async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: Math.min(SENDERS, items.length) }, async () => {
      for (const item of waiting) await run(item);
    }),
  );
}

async function writeRecords(
  { service, io, outFolder }: DemoParts,
  month: Month,
  house: HouseStyle,
): Promise<readonly RecordOfEngagement[]> {
  const records: RecordOfEngagement[] = [];
  for (const [index, { id }] of DEMO_PARTNERS.entries()) {
    const record = await readRecord(service.warehouse, month, id);
    if (record === undefined) throw new Error(`Cannot write the record of "${id}": ${month} was not closed for it`);
    for (const { name, bytes } of await toRecordFiles(record, "pdf", toRecordStyle(house, id)))
      writeFileSync(join(outFolder, name), bytes);
    records.push(record);
    io.progress("records written", index + 1, DEMO_PARTNERS.length);
  }
  return records;
}
