import type { Settings } from "../../schemas/settings.ts";
import { type KeyPlace, toKeyPlace } from "../keys/key-place.ts";

/** Where something lies, under the settings in force. */
export interface DataPlace {
  readonly what: string;
  /** Host names at most, never a password or a path. */
  readonly where: string;
  /** How it is protected on its way and at rest. */
  readonly protection: string;
}

const KEY_WORDS: Readonly<Record<KeyPlace, readonly [where: string, protection: string]>> = {
  command: ["A key store of its own, behind a command", "Apart from the data; as that store protects them"],
  folder: ["A folder of its own on this machine", "Apart from the data; readable by the service's account alone"],
  data: ["Within the data folder", "Readable by the service's account alone; not apart from the data"],
};

/** Where the log, the tables, the keys and the backups are. Pure. */
export function toDataPlaces(settings: Settings): readonly DataPlace[] {
  const [where, protection] = KEY_WORDS[toKeyPlace(settings)];
  return [toLogPlace(settings), toTablesPlace(settings), { what: "Keys", where, protection }, toBackupPlace(settings)];
}

const AT_HOME = {
  where: "Files in the data folder of this machine",
  protection: "Readable by the service's account alone",
};

function toLogPlace({ kafkaBrokers, kafkaTls, kafkaSasl }: Settings): DataPlace {
  const what = "Log and journal";
  if (kafkaBrokers === "") return { what, ...AT_HOME };
  const signIn = kafkaSasl === "none" ? "without a sign-in" : `with a sign-in (${kafkaSasl})`;
  return {
    what,
    where: `Kafka: ${kafkaBrokers}`,
    protection: `${kafkaTls === "yes" ? "Encrypted on the way (TLS)" : "Not encrypted on the way"}, ${signIn}`,
  };
}

function toTablesPlace({ clickhouseUrl, clickhousePassword }: Settings): DataPlace {
  const what = "Tables";
  if (clickhouseUrl === "") return { what, ...AT_HOME };
  const { host, protocol } = new URL(clickhouseUrl);
  const way = protocol === "https:" ? "Encrypted on the way (TLS)" : "Not encrypted on the way";
  return {
    what,
    where: `ClickHouse: ${host}`,
    protection: `${way}, ${clickhousePassword === "" ? "without a password" : "with a password"}`,
  };
}

function toBackupPlace({ backupDir }: Settings): DataPlace {
  const what = "Backups";
  if (backupDir === "") return { what, where: "None are made", protection: "ROEBUCK_BACKUP_DIR names no folder" };
  return {
    what,
    where: "The folder that ROEBUCK_BACKUP_DIR names",
    protection: "Encrypted (age) and read back each night",
  };
}
