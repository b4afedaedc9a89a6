import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseSites, type Site } from "../../schemas/settings.ts";
import type { PlainCommand } from "../command.ts";
import { CommandError } from "../command-io.ts";
import { newSecret, openCollectorKeyFile, openPseudonymKeyFile } from "../key-files.ts";

/** The user `node` of the image: who runs the containers where root prepares them. */
const IMAGE_USER = { uid: 1_000, gid: 1_000 } as const;

/** Who runs the containers. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What `.env` holds. */
export interface EnvironmentValues extends Owner {
  /** As ROEBUCK_SITES has them. */
  readonly sites: string;
  readonly clickhousePassword: string;
  readonly kafkaClusterId: string;
}

/** `roebuck init`: what docker-compose.yml needs before it starts anything. */
export const initCommand: PlainCommand = {
  name: "init",
  summary: "Prepare docker compose here: .env with new secrets, the key files in ./keys, and ./backups.",
  prose: `Both are readable by their owner alone (0600). Keys that are there already are never replaced: rows under lost keys
cannot be linked to anyone again. Back ./keys up apart from the data, and keep .env.`,
  operands: [],
  flags: [
    {
      name: "sites",
      value: "SITES",
      initial: "www=https://www.example.org",
      prose: "Sites and their origins, id=origin;id=origin.",
    },
    {
      name: "force",
      prose: "Replace an .env that is there. Its ClickHouse password must then be changed on a server that has data.",
    },
  ],
  on: "nothing",
  async run(args, io) {
    const sites = args.flags.sites ?? "";
    const parsed = parseSites(sites);
    if (typeof parsed === "string") throw new CommandError(parsed);
    const owner = toOwner(process.getuid?.() ?? 0, process.getgid?.() ?? 0);
    const file = resolve(".env");
    writeEnvironment(file, args.switches.has("force"), {
      ...owner,
      sites,
      clickhousePassword: newSecret(),
      kafkaClusterId: randomBytes(16).toString("base64url"),
    });
    const made = makeKeys(resolve("keys"), parsed, owner);
    makeOwned([resolve("backups")], owner);
    io.line(`Wrote ${file}`);
    for (const key of made) io.line(`Keys in ${key}`);
    io.line(toNextSteps(sites));
    return 0;
  },
};

/** Who owns the keys and runs the containers: whoever calls, but never root. Pure. */
export function toOwner(uid: number, gid: number): Owner {
  return uid === 0 ? IMAGE_USER : { uid, gid };
}

/** The text of `.env`, for docker compose. Pure. */
export function toEnvironmentText(values: EnvironmentValues): string {
  return `# For docker-compose.yml. Secrets: keep this file out of backups that others can read.
# Values stand in single quotes, in which docker compose changes nothing.
ROEBUCK_UID='${values.uid}'
ROEBUCK_GID='${values.gid}'
ROEBUCK_SITES='${values.sites}'
ROEBUCK_CLICKHOUSE_PASSWORD='${values.clickhousePassword}'
KAFKA_CLUSTER_ID='${values.kafkaClusterId}'

# Where the collector can be reached, and the proxy with TLS that stands before it.
ROEBUCK_PUBLISH='127.0.0.1:8080'
ROEBUCK_TRUSTED_PROXIES=''
# Where the API can be reached: for the organisation's own machines, never for the public.
ROEBUCK_API_PUBLISH='127.0.0.1:8081'
# Where the portal of Link Officers can be reached, and its public address behind a proxy with TLS, such as
# https://records.example.org; empty: it works on this host alone.
ROEBUCK_PORTAL_PUBLISH='127.0.0.1:8082'
ROEBUCK_PORTAL_URL=''
# Folder on this host that the backups of each night go to: name one on another disk. Its owner is ROEBUCK_UID.
ROEBUCK_BACKUPS='./backups'
# Day of the month on which the last one is closed by itself; 0 only by command.
ROEBUCK_CLOSE_DAY='3'
ROEBUCK_RETENTION_DAYS='365'

# The mail server that takes records. As written mailpit catches all mail and nobody gets any. With a server of your own:
# its name, PORT empty, TLS tls or starttls, the account, and its password in ./keys/smtp.password (0600).
ROEBUCK_SMTP_HOST='mailpit'
ROEBUCK_SMTP_PORT='1025'
ROEBUCK_SMTP_TLS='none'
ROEBUCK_SMTP_USER=''
ROEBUCK_SMTP_PASSWORD_FILE=''
ROEBUCK_MAIL_FROM='Records of Engagement <records@roebuck.invalid>'
ROEBUCK_MAIL_REPLY_TO=''
# Your name, as it stands in mail.
ROEBUCK_ORGANISATION=''
# Hours after a close from which on an officer without a record is an alarm.
ROEBUCK_DELIVERY_HOURS_MAX='24'

# Where the CRM is told of closed records: an https address, with the secret that signs it in ./keys/webhook.secret (0600),
# which the reporter sees as /keys/webhook.secret. Empty: nobody is told.
ROEBUCK_WEBHOOK_URL=''
ROEBUCK_WEBHOOK_SECRET_FILE=''
`;
}

function writeEnvironment(file: string, isForced: boolean, values: EnvironmentValues): void {
  if (values.sites.includes("'"))
    throw new CommandError(`Cannot use --sites "${values.sites}": it must have no quote.`);
  if (existsSync(file) && !isForced) {
    throw new CommandError(
      `Cannot write "${file}": it is there already, and its passwords may be in use. Change it by hand, or run: roebuck init --force`,
    );
  }
  writeFileSync(file, toEnvironmentText(values), { mode: 0o600 });
  chmodSync(file, 0o600); // it may have been there with another
}

/** Makes the key files, each in a folder of its own, because each container may see one of them only. */
function makeKeys(folder: string, sites: readonly Site[], owner: Owner): readonly string[] {
  const folders = ["collector", "pseudonym"].map((name) => join(folder, name));
  makeOwned([folder, ...folders], owner);
  const [collector = "", pseudonym = ""] = folders;
  const files = [openCollectorKeyFile(collector, sites).file, openPseudonymKeyFile(pseudonym).file];
  giveTo(files, owner);
  return files;
}

/** Makes folders that whoever runs the containers may open and nobody else: docker would make them for root. */
function makeOwned(folders: readonly string[], owner: Owner): void {
  for (const each of folders) mkdirSync(each, { recursive: true, mode: 0o700 });
  giveTo(folders, owner);
}

/** Only root can give files away, and only root has to. */
function giveTo(paths: readonly string[], { uid, gid }: Owner): void {
  if (process.getuid?.() === 0) for (const each of paths) chownSync(each, uid, gid);
}

function toNextSteps(sites: string): string {
  return `
Next:
  1. Look at .env: the sites are ${sites}
  2. docker compose up --build --detach --wait
  3. docker compose exec -T api sh -c 'cat > /tmp/partners.csv' < partners.csv
     docker compose exec api node api/main.ts partners import /tmp/partners.csv
  4. Put a proxy with TLS before http://127.0.0.1:8080 and name its address in ROEBUCK_TRUSTED_PROXIES.
  5. Name a folder on another disk in ROEBUCK_BACKUPS, with mode 0700: each night a backup goes there.
Back up ./keys apart from the volumes: without it no row can be linked to anyone again.`;
}
