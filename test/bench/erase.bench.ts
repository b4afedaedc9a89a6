/** How long the erasure of 1,000 people among 5 million rows takes: `node test/bench/erase.bench.ts`. Takes some two minutes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { erasePeople } from "../../api/rights/erase.ts";
import { toPeople, toPersonPseudonyms } from "../../api/rights/people.ts";
import { openPersonSet } from "../../api/rights/person-set.ts";
import { MACHINE_CLOCK, type Service } from "../../api/service.ts";
import { findFilesWithAny } from "../fixtures/byte-search.ts";
import { CROWD_PARTNER, openCrowd, toMonthsBefore } from "../fixtures/crowd.ts";
import type { BenchRow } from "./bench-row.ts";
import { openBenchService } from "./bench-service.ts";

const people = 1_000;
const rows = 5_000_000;
const partners = 50;
const months = 10;
const logRecords = 100_000;
const secondsMax = 60;
const subs = Array.from({ length: people }, (_, index) => `u-${index}`);
const asked = { people: { acct: "partner", partner: CROWD_PARTNER, subs } } as const;

/** The engine's own deletion of the same rows from a copy of the largest table, without waiting for the disk. */
async function measureLimit(service: Service): Promise<number> {
  const { warehouse } = service;
  await warehouse.execute({ sql: "CREATE TABLE engagement_copy AS engagement" });
  await warehouse.execute({
    sql: "INSERT INTO engagement_copy SELECT * FROM engagement",
    settings: { max_partitions_per_insert_block: 0 },
  });
  const known = await toPersonPseudonyms(
    service.keyFiles.pseudonymKeys(),
    toPeople(service, asked.people),
    service.journal().people,
  );
  await using set = await openPersonSet(warehouse, known, service.clock.nowMs());
  const startedMs = performance.now();
  await warehouse.execute({
    sql: "ALTER TABLE engagement_copy DELETE WHERE (partner, pseudonym) IN (SELECT partner, pseudonym FROM {set:Identifier})",
    parameters: { set: set.table },
    settings: { mutations_sync: 2 },
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  await warehouse.execute({ sql: "DROP TABLE engagement_copy SYNC" });
  return seconds;
}

/** Erases 1,000 people of one Partner among 5 million rows of 50 Partners, with ten closed months. */
export async function benchErase(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "roebuck-erase-bench-"));
  try {
    await using service = await openBenchService(folder);
    const closed = toMonthsBefore(MACHINE_CLOCK.nowMs(), months);
    const crowd = await openCrowd(service, { subs, rows, partners, months: closed, closes: true, logRecords });
    const limit = await measureLimit(service);
    const filesBefore = findFilesWithAny(folder, crowd.pseudonyms).length;
    const io = { progress: () => {}, signal: new AbortController().signal };
    const startedMs = performance.now();
    const certificate = await erasePeople(service, asked, "wren", io);
    const seconds = (performance.now() - startedMs) / 1_000;
    const filesLeft = findFilesWithAny(folder, crowd.pseudonyms).length;
    const restated = certificate.records.length;
    return [
      {
        stage: "erase",
        what: `1,000 people with ${crowd.rows.toLocaleString("en-GB")} of 5 million rows gone from the disk, ${restated} closed records counted again`,
        value: seconds,
        unit: "s",
        limit,
        limitWhat: "the engine's own deletion from a copy of the largest table, its old files still there",
        ratio: limit / seconds,
        bar: `<= ${secondsMax} s and ${months} records`,
        met: seconds <= secondsMax && restated === months,
      },
      {
        stage: "erase",
        what: "files of the data folder with a pseudonym of theirs, afterwards",
        value: filesLeft,
        unit: "files",
        limit: filesBefore,
        limitWhat: "before",
        ratio: filesBefore === 0 ? 0 : 1 - filesLeft / filesBefore,
        bar: "0",
        met: filesLeft === 0 && filesBefore > 0,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await benchErase());
