import { createWriteStream, readFileSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { toJson } from "../../reporting/json.ts";
import { readRecord } from "../../reporting/records.ts";
import type { Month } from "../../schemas/ids.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import { writeAudit } from "../audit.ts";
import { CommandError } from "../command-io.ts";
import { toSha256, type WrittenFile } from "../exports/ledger.ts";
import { noteExport } from "../exports/note-export.ts";
import type { Service } from "../service.ts";
import { toDepartureMs } from "./due.ts";

/** What an export of a Partner needs of the service. */
export type PartnerExportService = Pick<Service, "settings" | "warehouse" | "clock" | "journal">;

/** One file of an export. */
export interface ExportedFile {
  /** Within the folder. */
  readonly name: string;
  readonly rows: number;
}

/** What was written. */
export interface PartnerExport {
  readonly partner: string;
  readonly files: readonly ExportedFile[];
  /** Until when the files are there, as a sentence. */
  readonly kept: string;
}

/** The person-level tables, as the controller gets them: each row with its pseudonym, nobody restricted among them. */
const ROW_FILES: Readonly<Record<string, readonly string[]>> = {
  engagement: ["type", "acct", "dept", "site", "path", "resource", "full", "referrer", "term"],
  behaviour: ["type", "acct", "site", "path", "engaged_ms", "scroll_pct", "target", "device", "browser", "os"],
  feedback: ["acct", "site", "path", "resource", "event", "score", "comment"],
  attendance: ["acct", "dept", "event", "title", "kind", "minutes"],
};
/** Columns that are no text: no spreadsheet takes them for a formula. */
const NUMBERS: readonly string[] = ["full", "engaged_ms", "scroll_pct", "score", "minutes"];

/** Smaller tables, as queries of one parameter `partner`. */
const OTHER_FILES: Readonly<Record<string, string>> = {
  contacts: "SELECT name, email FROM contacts FINAL WHERE partner = {partner:String} AND gone = 0 ORDER BY email",
  resources:
    "SELECT kind, id, title, type, topic, at FROM resources FINAL WHERE partner = {partner:String} ORDER BY kind, id",
  requests: `SELECT id, kind, state, opened_at, due_at, closed_at FROM requests FINAL
             WHERE partner = {partner:String} ORDER BY opened_at`,
};

/**
 * Writes everything that is held for a Partner, its people's controller, into an empty folder: its terms and
 * instructions, every version of its records, its officers and titles, its people's requests (which do not say who), and
 * the rows themselves by pseudonym as CSV. A person has another pseudonym in behaviour than in engagement, so that the
 * files cannot be combined. Whoever is restricted is left out.
 *
 * @param folder absolute; created 0700, files 0600
 * @throws CommandError if the Partner is not on file or the folder is not empty
 * @throws WarehouseUnavailable, WarehouseRefused
 * @see GDPR Art. 28(3)(g)
 */
export async function exportPartner(
  service: PartnerExportService,
  { partner, folder }: { readonly partner: string; readonly folder: string },
  actor: string,
): Promise<PartnerExport> {
  const { warehouse, journal } = service;
  if (!journal().partners.has(partner)) {
    throw new CommandError(
      `Cannot export Partner "${partner}": no Partner of that id is on file. \`roebuck partners import FILE.csv\` imports them.`,
    );
  }
  await mkdir(join(folder, "records"), { recursive: true, mode: 0o700 });
  const there = (await readdir(folder)).filter((name) => name !== "records");
  if (there.length > 0 || (await readdir(join(folder, "records"))).length > 0) {
    throw new CommandError(`Cannot export Partner "${partner}" to "${folder}": the folder must be empty or not there.`);
  }
  await writeAudit(service, { actor, action: "partner.export", subject: partner });
  const files: ExportedFile[] = [];
  const written: WrittenFile[] = [];
  const oldestMs = await readOldest(warehouse, partner);
  let kept = "";
  // On file as each is there: whoever is killed leaves at most one that nobody knows of.
  const keep = (...some: readonly ExportedFile[]) => {
    files.push(...some);
    for (const { name } of some) written.push(toWritten(join(folder, name)));
    kept = noteExport(service, { kind: "partner", partner, files: written }, oldestMs);
  };
  await writeText(join(folder, "partner.json"), toPartnerText(await describe(service, partner)));
  keep({ name: "partner.json", rows: 1 });
  keep(...(await writeRecords(warehouse, partner, folder)));
  for (const [table, columns] of Object.entries(ROW_FILES)) {
    keep(await writeCsv(warehouse, partner, folder, table, toRowsQuery(table, columns)));
  }
  for (const [name, sql] of Object.entries(OTHER_FILES)) {
    keep(await writeCsv(warehouse, partner, folder, name, sql));
  }
  return { partner, files, kept };
}

/** When the oldest row of a Partner happened, UTC; `undefined` if it has none. */
async function readOldest(warehouse: Warehouse, partner: string): Promise<number | undefined> {
  const oldest: number[] = [];
  for (const table of Object.keys(ROW_FILES)) {
    const [row] = await warehouse.rows<{ ms: string }>({
      sql: `SELECT toString(toUnixTimestamp64Milli(min(at))) AS ms FROM ${table} WHERE partner = {partner:String} HAVING count() > 0`,
      parameters: { partner },
    });
    if (row !== undefined) oldest.push(Number(row.ms));
  }
  return oldest.length === 0 ? undefined : Math.min(...oldest);
}

function toWritten(path: string): WrittenFile {
  return { path, sha256: toSha256(readFileSync(path)) };
}

async function describe({ warehouse, clock, journal }: PartnerExportService, partner: string): Promise<object> {
  const [details] = await warehouse.rows<object>({
    sql: `SELECT name, peer_group AS "group", seats, toString(fee) AS fee, currency, contract_start, contract_end, zone
          FROM partners FINAL WHERE id = {partner:String}`,
    parameters: { partner },
  });
  const runs = await warehouse.rows<{ detail: string }>({
    sql: "SELECT detail FROM runs WHERE kind = 'departure' AND subject = {partner:String} ORDER BY started_at",
    parameters: { partner },
  });
  const terms = journal().partners.get(partner);
  const toTime = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  return {
    schema: "roebuck.partner/1",
    id: partner,
    exported_at: toTime(clock.nowMs()),
    ...details,
    left_at: toTime(terms?.leftMs),
    everything_goes_at: toTime(terms === undefined ? undefined : toDepartureMs(terms)),
    instructions: [...(journal().instructions.get(partner) ?? [])].map(([scope, reference]) => ({ scope, reference })),
    certificates: runs.map(({ detail }): unknown => JSON.parse(detail)),
  };
}

function toPartnerText(described: object): string {
  return `${JSON.stringify(described, null, 2)}\n`;
}

async function writeRecords(warehouse: Warehouse, partner: string, folder: string): Promise<readonly ExportedFile[]> {
  const versions = await warehouse.rows<{ month: Month; version: number }>({
    sql: "SELECT month, version FROM records FINAL WHERE partner = {partner:String} ORDER BY month, version",
    parameters: { partner },
  });
  const files: ExportedFile[] = [];
  for (const { month, version } of versions) {
    const record = await readRecord(warehouse, month, partner, version);
    if (record === undefined) continue;
    const name = join("records", `${month}-version-${version}.json`);
    await writeText(join(folder, name), toJson(record));
    files.push({ name, rows: 1 });
  }
  return files;
}

/** A text that a spreadsheet could take for a formula is prefixed with `'` (OWASP, "CSV injection"). */
function toRowsQuery(table: string, columns: readonly string[]): string {
  const cells = columns.map((name) =>
    NUMBERS.includes(name)
      ? name
      : `if(match(${name}, '^[=+@\\\\-\\\\t\\\\r]'), concat('\\'', ${name}), ${name}) AS ${name}`,
  );
  return `SELECT formatDateTime(source.at, '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC') AS at_utc, lower(hex(pseudonym)) AS person, ${cells.join(", ")}
    FROM (SELECT * FROM ${table} WHERE partner = {partner:String}
      AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
      ORDER BY event_id, at LIMIT 1 BY event_id) AS source`;
}

async function writeCsv(
  warehouse: Warehouse,
  partner: string,
  folder: string,
  name: string,
  sql: string,
): Promise<ExportedFile> {
  const parameters = { partner };
  const [row] = await warehouse.rows<{ total: string }>({
    sql: `SELECT toString(count()) AS total FROM (${sql})`,
    parameters,
  });
  const file = `${name}.csv`;
  const bytes = await warehouse.stream({ sql, parameters }, "CSVWithNames");
  await pipeline(bytes, createWriteStream(join(folder, file), { flags: "wx", mode: 0o600 }));
  return { name: file, rows: Number(row?.total ?? 0) };
}

async function writeText(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: "wx", mode: 0o600 });
}
