import { statfsSync, statSync } from "node:fs";
import { readBackupHealth } from "../backups/last-backup.ts";
import { readPurgeHealth } from "../clocks/overdue.ts";
import { isCluster } from "../cluster.ts";
import type { ServiceCommand } from "../command.ts";
import { readDeliveryHealth } from "../delivery/health.ts";
import type { Service } from "../service.ts";
import { toTable } from "../table.ts";

/** One thing that was looked at. `remedy` is empty if all is well. */
interface Finding {
  readonly what: string;
  readonly state: "ok" | "look" | "wrong";
  readonly detail: string;
  readonly remedy: string;
}

/** `roebuck check`: is everything in order here, and what to do if not. Exit code 1 if something is wrong. */
export const checkCommand: ServiceCommand = {
  name: "check",
  summary: "Look whether everything is in order here, and say what to do if not.",
  operands: [],
  flags: [],
  on: "service",
  async run(service, _args, io) {
    const findings = [
      checkFiles(service),
      checkDisk(service),
      ...(await checkParts(service)),
      await checkBacklog(service),
      checkSites(service),
      ...checkCluster(service),
      await checkPartners(service),
      await checkRetention(service),
      await checkBackups(service),
      await checkDeliveries(service),
    ];
    for (const line of toTable(
      ["Looked at", "State", "Found"],
      findings.map(({ what, state, detail }) => [what, state, detail]),
    ))
      io.line(line);
    const open = findings.filter(({ state }) => state !== "ok");
    for (const { what, remedy } of open) io.warn(`${what}: ${remedy}`);
    if (open.length === 0) io.line("Everything is in order.");
    return findings.some(({ state }) => state === "wrong") ? 1 : 0;
  },
};

function checkFiles({ keyFiles, settings }: Service): Finding {
  if (settings.keysCommand !== "") {
    return { what: "keys", state: "ok", detail: "the command of ROEBUCK_KEYS_COMMAND has them", remedy: "" };
  }
  const open = [keyFiles.collectorFile, keyFiles.pseudonymFile].filter((file) => (statSync(file).mode & 0o077) !== 0);
  const [first] = open;
  if (first === undefined)
    return { what: "key files", state: "ok", detail: "only their owner can read them", remedy: "" };
  return {
    what: "key files",
    state: "wrong",
    detail: `${open.length} can be read by others`,
    remedy: `chmod 600 "${first}"`,
  };
}

function checkDisk({ settings }: Service): Finding {
  const { bavail, bsize } = statfsSync(settings.dataDir);
  const freeMb = Math.floor((bavail * bsize) / 1_048_576);
  const detail = `${freeMb.toLocaleString("en-GB")} MB free`;
  if (freeMb > settings.minFreeDiskMb * 4) return { what: "disk", state: "ok", detail, remedy: "" };
  const state = freeMb > settings.minFreeDiskMb ? "look" : "wrong";
  return {
    what: "disk",
    state,
    detail,
    remedy: `make room; below ${settings.minFreeDiskMb} MB the warehouse takes nothing and the log holds the backlog`,
  };
}

async function checkParts(service: Service): Promise<Finding[]> {
  return Promise.all(
    service.checks.map(async ({ name, check }): Promise<Finding> => {
      const ok = await check().catch(() => false);
      return {
        what: name,
        state: ok ? "ok" : "wrong",
        detail: ok ? "answers" : "does not answer",
        remedy: ok ? "" : "look at the service's log and start it again",
      };
    }),
  );
}

async function checkBacklog(service: Service): Promise<Finding> {
  const waiting = await service.backlog();
  const detail = `${waiting.toLocaleString("en-GB")} records wait in the log`;
  if (waiting < 100_000) return { what: "backlog", state: "ok", detail, remedy: "" };
  return {
    what: "backlog",
    state: "look",
    detail,
    remedy: "the warehouse takes less than comes in; nothing is lost while there is disk",
  };
}

function checkSites({ sites, settings }: Service): Finding {
  const open = sites
    .filter(({ id }) => id !== "demo")
    .flatMap(({ origins }) => origins.filter((origin) => origin.startsWith("http://")));
  if (open.length > 0)
    return {
      what: "sites",
      state: "look",
      detail: `${open.join(", ")} without TLS`,
      remedy: "tokens can be read on the way; serve the site over https and correct ROEBUCK_SITES",
    };
  const names = sites.map(({ id }) => id).join(", ");
  if (settings.sites.startsWith("demo="))
    return {
      what: "sites",
      state: "look",
      detail: names,
      remedy: "name your own site: ROEBUCK_SITES=www=https://www.example.org",
    };
  return { what: "sites", state: "ok", detail: names, remedy: "" };
}

/** On a cluster some rights of people cannot be answered: that must be seen before somebody asks. */
function checkCluster({ settings }: Service): Finding[] {
  if (!isCluster(settings)) return [];
  const detail = "erasure, rectification and restore are refused on a cluster";
  const remedy = "keep people's rows on one server: ROEBUCK_CLICKHOUSE_CLUSTER empty";
  return [{ what: "cluster", state: "look", detail, remedy }];
}

async function checkPartners({ warehouse, journal }: Service): Promise<Finding> {
  const rows = await warehouse.rows<{ partners: string }>({
    sql: "SELECT toString(count()) AS partners FROM partners FINAL",
  });
  const stored = Number(rows[0]?.partners ?? 0);
  const decided = journal().partners.size;
  const detail = `${decided} on file`;
  if (decided === 0)
    return { what: "Partners", state: "look", detail, remedy: "import them: roebuck partners import FILE.csv" };
  if (stored === decided) return { what: "Partners", state: "ok", detail, remedy: "" };
  return {
    what: "Partners",
    state: "wrong",
    detail: `${decided} in the journal, ${stored} in the warehouse`,
    remedy: "import the CRM's file again: roebuck partners import FILE.csv",
  };
}

async function checkRetention(service: Service): Promise<Finding> {
  const { lastSuccessMs, overdueDays, isOverdue } = await readPurgeHealth(service);
  const last = lastSuccessMs === undefined ? "none yet" : new Date(lastSuccessMs).toISOString().slice(0, 16);
  const age = overdueDays === 0 ? "nothing is too old" : `${overdueDays} days are too old`;
  const holds = service.journal().holds.size;
  const detail = `${age}, last purge ${last}${holds === 0 ? "" : `, ${holds} legal holds are on`}`;
  if (!isOverdue) return { what: "retention", state: "ok", detail, remedy: "" };
  const remedy = "purge now, and see why the night did not: roebuck purge; it says what keeps it";
  return { what: "retention", state: "wrong", detail, remedy };
}

async function checkBackups(service: Service): Promise<Finding> {
  const what = "backups";
  const { lastMs, lastId, verified, isOverdue } = await readBackupHealth(service);
  const toMinute = (ms: number) => new Date(ms).toISOString().slice(0, 16);
  const last = lastMs === undefined ? "none yet" : `last ${toMinute(lastMs)} (${lastId}), read back whole`;
  const looked =
    verified === undefined
      ? ""
      : `, verified ${toMinute(verified.atMs)}: ${verified.outcome === "done" ? "whole" : "not whole"}`;
  const detail = `${last}${looked}`;
  if (service.settings.backupDir === "") {
    return { what, state: "look", detail, remedy: "name a folder on another disk in ROEBUCK_BACKUP_DIR" };
  }
  if (isOverdue) {
    return { what, state: "wrong", detail, remedy: "make one now, and see why the night did not: roebuck backup" };
  }
  if (verified?.outcome === "failed") {
    return { what, state: "wrong", detail, remedy: "see which: roebuck backups verify all" };
  }
  return { what, state: "ok", detail, remedy: "" };
}

async function checkDeliveries(service: Service): Promise<Finding> {
  const what = "deliveries";
  const { sent, waiting, refused, overdue } = await readDeliveryHealth(service);
  const count = (number: number) => number.toLocaleString("en-GB");
  const detail = `${count(sent)} sent in 45 days, ${count(waiting)} waiting, ${count(refused)} refused`;
  const remedy =
    "see who is without and why: roebuck deliver MONTH --dry-run; correct the address or the mail server, then without --dry-run";
  if (overdue > 0) {
    const late = `${detail}; ${count(overdue)} for more than ${service.settings.deliveryHoursMax} hours`;
    return { what, state: "wrong", detail: late, remedy };
  }
  return refused > 0 ? { what, state: "look", detail, remedy } : { what, state: "ok", detail, remedy: "" };
}
