/** How long a close takes beside one grouped query over the same rows: `node test/bench/close.bench.ts`. Takes some 40 s. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeMonth } from "../../reporting/close.ts";
import { type Month, toEpochMs } from "../../schemas/ids.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import { openClickhouseWarehouse } from "../../transform/warehouse/clickhouse-warehouse.ts";
import { type EmbeddedWarehouse, openEmbeddedWarehouse } from "../../transform/warehouse/embedded/supervisor.ts";
import { migrate, toTableSettings } from "../../transform/warehouse/migrate.ts";
import { type BenchRow, toMedian } from "./bench-row.ts";

const partners = 1_000;
const rows = 4_000_000;
const limitRounds = 3;
const secondsMax = 10;
const megabytesMax = 2_048;
const month = "2026-10" as Month; // a constant that parseMonth would accept
const nowMs = toEpochMs(Date.parse("2026-11-03T02:00:00Z"));

/** A few resources and pages are used much, most little; a third of the pages are no resource. */
const GENERATE = [
  `INSERT INTO partners (id, name, peer_group, seats, zone, updated_at)
   SELECT 'partner-' || toString(number), 'Partner', 'group-' || toString(number % 20), 100, ['Europe/London', 'Europe/Dublin', 'America/New_York'][1 + number % 3], now64(3)
   FROM numbers({partners:UInt32})`,
  `INSERT INTO engagement (partner, pseudonym, event_id, at, type, acct, site, path, resource, full, dept, term)
   SELECT
     'partner-' || toString(number % {partners:UInt32}),
     reinterpret(sipHash128(number % {partners:UInt32}, cityHash64(number, 1) % 50), 'FixedString(16)'),
     generateUUIDv7(),
     fromUnixTimestamp64Milli(toInt64(1790812800000 + cityHash64(number, 2) % (31 * 86400000)), 'UTC'),
     ['page_view', 'page_view', 'page_view', 'download', 'play', 'search'][1 + cityHash64(number, 3) % 6] AS type,
     'partner', 'main',
     '/page/' || toString(toUInt32(pow(cityHash64(number, 4) % 1000000 / 1e6, 3) * 2000)) AS path,
     if(cityHash64(number, 4) % 3 = 0, '', 'resource-' || substring(path, 7)),
     cityHash64(number, 5) % 2,
     'Department ' || toString(cityHash64(number, 1) % 8),
     if(type = 'search', 'term ' || toString(toUInt32(pow(cityHash64(number, 6) % 1000000 / 1e6, 3) * 400)), '')
   FROM numbers({rows:UInt64})`,
  `INSERT INTO resources (partner, kind, id, title, type, at)
   SELECT DISTINCT partner, 'resource', resource, 'Title of ' || resource, ['guide', 'video', 'article'][1 + cityHash64(resource) % 3], toDateTime64('2026-10-01 00:00:00', 3, 'UTC')
   FROM engagement WHERE resource != ''`,
  // Besides: a tenth as many rows of behaviour, fewer of attendance and feedback.
  `INSERT INTO behaviour (partner, pseudonym, event_id, at, type, acct, site, path, engaged_ms)
   SELECT partner, reinterpret(sipHash128(pseudonym), 'FixedString(16)'), generateUUIDv7(), at, 'leave', 'partner', 'main', path, cityHash64(event_id) % 300000
   FROM engagement WHERE cityHash64(event_id) % 10 = 0`,
  `INSERT INTO attendance (partner, pseudonym, event_id, at, acct, dept, event, title, kind, minutes)
   SELECT partner, pseudonym, generateUUIDv7(), at, 'partner', dept, 'event-' || toString(cityHash64(event_id) % 5), 'An event', 'webinar', cityHash64(event_id) % 90
   FROM engagement WHERE cityHash64(event_id) % 100 = 0`,
  `INSERT INTO feedback (partner, pseudonym, event_id, at, acct, site, path, score)
   SELECT partner, pseudonym, generateUUIDv7(), at, 'partner', 'main', path, cityHash64(event_id) % 6
   FROM engagement WHERE cityHash64(event_id) % 100 = 1`,
];

/** One exact unique count of the month for all Partners: no figure of a close can be had for less. */
const LIMIT = `
  SELECT count(), sum(n), sum(sessions)
  FROM (SELECT partner, count() AS n, uniqExact(pseudonym, resource, toStartOfHour(at)) AS sessions FROM engagement GROUP BY partner)`;

interface Engine extends AsyncDisposable {
  readonly warehouse: Warehouse;
  readonly pid: number;
}

async function openEngine(folder: string): Promise<Engine> {
  const user = { name: "bench", password: "bench", role: "admin" as const };
  const engine: EmbeddedWarehouse = await openEmbeddedWarehouse({ folder, users: [user] });
  const warehouse = openClickhouseWarehouse({ url: engine.url, user: "bench", password: "bench", database: "default" });
  return {
    warehouse,
    pid: engine.pid,
    async [Symbol.asyncDispose]() {
      await warehouse[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}

async function generate(folder: string): Promise<void> {
  await using engine = await openEngine(folder);
  await migrate(engine.warehouse, { values: { retention_days: 3_650, table_settings: toTableSettings(0) } });
  for (const sql of GENERATE) await engine.warehouse.execute({ sql, parameters: { partners, rows } });
}

function toResidentMegabytes(pid: number): number {
  const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1_024;
}

/** Looks at the process 20 times a second until disposed. */
function watchMemory(pid: number): Disposable & { readonly peakMegabytes: () => number } {
  let peak = toResidentMegabytes(pid);
  const timer = setInterval(() => {
    peak = Math.max(peak, toResidentMegabytes(pid));
  }, 50);
  return { peakMegabytes: () => peak, [Symbol.dispose]: () => clearInterval(timer) };
}

async function toSeconds(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1_000;
}

/** Closes a month of 1,000 Partners and 4 million rows that the engine made itself. */
export async function benchClose(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "roebuck-close-bench-"));
  try {
    await generate(folder);
    // A new process: what making the rows took must not be in its memory.
    await using engine = await openEngine(folder);
    const { warehouse, pid } = engine;
    using memory = watchMemory(pid);
    const idleMegabytes = memory.peakMegabytes();
    const limits: number[] = [];
    for (let round = 0; round < limitRounds; round += 1)
      limits.push(await toSeconds(() => warehouse.rows({ sql: LIMIT })));
    const settings = {
      peopleMin: 5,
      attendedMinutesMin: 10,
      lateHoursMax: 72,
      retentionDays: 365,
      defaultZone: "Europe/London",
    };
    const clock = { nowMs: () => nowMs };
    const seconds = await toSeconds(() => closeMonth({ warehouse, clock, settings }, month));
    const limit = toMedian(limits);
    const peak = memory.peakMegabytes();
    return [
      {
        stage: "close",
        what: "1,000 Partners x 4 million rows and half a million of the other purposes, all figures and tables",
        value: seconds,
        unit: "s",
        limit,
        limitWhat: "one grouped count and exact unique count of the same rows",
        ratio: limit / seconds,
        bar: `<= ${secondsMax} s`,
        met: seconds <= secondsMax,
      },
      {
        stage: "close",
        what: "memory of the engine at its peak",
        value: peak,
        unit: "MB",
        limit: idleMegabytes,
        limitWhat: "the engine doing nothing",
        ratio: idleMegabytes / peak,
        bar: `<= ${megabytesMax} MB`,
        met: peak <= megabytesMax,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await benchClose());
