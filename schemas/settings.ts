/**
 * Every setting, as data: environment name, default, what is allowed and what it is for. The README's table and
 * `roebuck settings` are made from this list. A wrong value refuses the start and names all three.
 */
type Setting =
  | {
      readonly kind: "text";
      readonly initial: string;
      readonly unit?: string;
      readonly secret?: boolean;
      readonly prose: string;
    }
  | { readonly kind: "choice"; readonly initial: string; readonly choices: readonly string[]; readonly prose: string }
  | {
      readonly kind: "number";
      readonly initial: number;
      readonly min: number;
      readonly max: number;
      readonly unit: string;
      readonly prose: string;
    };

/** The catalogue. A key `fooBar` is set by the environment variable `ROEBUCK_FOO_BAR`. */
export const SETTINGS = {
  dataDir: {
    kind: "text",
    initial: "./data",
    prose: "Folder of the embedded log and warehouse, of keys and of run files. Created 0700.",
  },
  keysDir: {
    kind: "text",
    initial: "",
    prose: "Folder of the key files (0600). Empty: `keys` in the data folder. Keep it outside the backups of the data.",
  },
  keysCommand: {
    kind: "text",
    initial: "",
    prose:
      "A command that keeps the keys in place of files, such as a secret store's client: run as `COMMAND get NAME` (prints the key, nothing if there is none) and `COMMAND put NAME` (reads it), without a shell. Names: collector, pseudonym, operators, access (hashes of API keys), analysts (hashes of passwords).",
  },
  host: {
    kind: "text",
    initial: "127.0.0.1",
    prose: "Address that the collector listens on; 0.0.0.0 in a container or behind a proxy on another host.",
  },
  port: {
    kind: "number",
    initial: 8080,
    min: 0,
    max: 65_535,
    unit: "TCP port",
    prose: "Port of the collector; 0 takes any free one.",
  },
  apiHost: {
    kind: "text",
    initial: "127.0.0.1",
    prose: "Address that the API listens on. It is not for the public: leave it on loopback, or a private network.",
  },
  apiPort: {
    kind: "number",
    initial: 8_081,
    min: 0,
    max: 65_535,
    unit: "TCP port",
    prose: "Port of the API, in `serve` and `api`; 0 takes any free one.",
  },
  portalHost: {
    kind: "text",
    initial: "127.0.0.1",
    prose:
      "Address that the portal of Link Officers listens on; put a proxy with TLS before it and name the public address in ROEBUCK_PORTAL_URL.",
  },
  portalPort: {
    kind: "number",
    initial: 8_082,
    min: 0,
    max: 65_535,
    unit: "TCP port",
    prose: "Port of the portal and of the operator's page, in `serve` and `api`; 0 takes any free one.",
  },
  sites: {
    kind: "text",
    initial: "demo=http://127.0.0.1:8080 http://localhost:8080",
    prose:
      "Sites and their origins: `id=origin origin;id=origin`. A browser's beacon is taken only from an origin of its site.",
  },
  trustedProxies: {
    kind: "text",
    initial: "",
    prose: "Addresses or CIDR ranges, separated by commas, whose X-Forwarded-For is believed. Empty: nobody's.",
  },
  countryHeader: {
    kind: "text",
    initial: "",
    prose: "Header with a two-letter country code, set by a trusted proxy. Used only from one.",
  },
  countryFile: {
    kind: "text",
    initial: "",
    prose: "A country database (.mmdb) to use in place of the built-in DB-IP Lite.",
  },
  robotsFile: {
    kind: "text",
    initial: "",
    prose:
      'A list of robots beside the built-in one, in COUNTER\'s format: a JSON array of `{"pattern", "last_changed"}`. Read again within 10 s of a change.',
  },
  queryKeys: {
    kind: "text",
    initial: "utm_source,utm_medium,utm_campaign,utm_term,utm_content,p,page,page_id",
    prose:
      "Query parameters of a page's address that are kept, separated by commas; the rest is cut off before anything is written.",
  },
  matomoSites: {
    kind: "text",
    initial: "",
    prose:
      "Numbers that Matomo's tracker gives to sites (`idsite`), as `3=www,7=shop`. Empty: 1 is the first of ROEBUCK_SITES, 2 the second, and so on.",
  },
  ratePerPerson: {
    kind: "number",
    initial: 1_200,
    min: 0,
    max: 10_000_000,
    unit: "requests a minute",
    prose: "Most requests of one person; 0 sets no limit.",
  },
  ratePerAddress: {
    kind: "number",
    initial: 60_000,
    min: 0,
    max: 10_000_000,
    unit: "requests a minute",
    prose: "Most requests from one address prefix (IPv4 /24, IPv6 /48); 0 sets no limit. An office shares one.",
  },
  ratePerKey: {
    kind: "number",
    initial: 600,
    min: 0,
    max: 10_000_000,
    unit: "requests a minute",
    prose: "Most requests with one API key; 0 sets no limit.",
  },
  statisticsFlushMs: {
    kind: "number",
    initial: 1_000,
    min: 10,
    max: 60_000,
    unit: "ms",
    prose: "How long anonymous views are gathered in memory into sums before they are made durable and acknowledged.",
  },
  lateHoursMax: {
    kind: "number",
    initial: 72,
    min: 1,
    max: 720,
    unit: "hours",
    prose: "An event older than this at receipt is dropped as too_old. Imports are exempt.",
  },
  futureMinutesMax: {
    kind: "number",
    initial: 5,
    min: 0,
    max: 60,
    unit: "minutes",
    prose: "An event later than this after receipt is dropped as in_future.",
  },
  retentionDays: {
    kind: "number",
    initial: 365,
    min: 1,
    max: 365,
    unit: "days",
    prose: "How long raw engagement and behaviour rows are kept. The policy's year is the most.",
  },
  exportDays: {
    kind: "number",
    initial: 30,
    min: 1,
    max: 365,
    unit: "days",
    prose:
      "How long files with people's rows that `subject export`, `partners export`, `export` and `sql` wrote may lie where they were written. An erasure deletes them at once, and so does the end of their rows' year.",
  },
  logRetentionHours: {
    kind: "number",
    initial: 72,
    min: 1,
    max: 720,
    unit: "hours",
    prose: "How long stored events stay in the log.",
  },
  batchRecordsMax: {
    kind: "number",
    initial: 50_000,
    min: 1,
    max: 500_000,
    unit: "records",
    prose: "Most log records that the transform inserts at once.",
  },
  batchWaitMs: {
    kind: "number",
    initial: 500,
    min: 1,
    max: 60_000,
    unit: "ms",
    prose: "How long the transform gathers records before it inserts.",
  },
  attendedMinutesMin: {
    kind: "number",
    initial: 10,
    min: 0,
    max: 1_440,
    unit: "minutes",
    prose:
      "An attendance of an event counts if the person stayed for at least this long. Applies to closes from then on.",
  },
  peopleMin: {
    kind: "number",
    initial: 5,
    min: 1,
    max: 100,
    unit: "people",
    prose: "A cell of a record that describes fewer people is withheld.",
  },
  closeDay: {
    kind: "number",
    initial: 0,
    min: 0,
    max: 28,
    unit: "day of the month",
    prose:
      "Day (UTC) on which the last month is closed by itself; 3 leaves two days for late events. 0: only by command.",
  },
  deliveryHoursMax: {
    kind: "number",
    initial: 24,
    min: 1,
    max: 1_000,
    unit: "hours",
    prose:
      "How long after its close an officer may be without a record before `check`, the metrics and the operators' page sound an alarm.",
  },
  smtpHost: {
    kind: "text",
    initial: "",
    prose: "Mail server that takes our mail. Empty: each mail is written as an .eml file to the outbox.",
  },
  smtpPort: {
    kind: "number",
    initial: 0,
    min: 0,
    max: 65_535,
    unit: "TCP port",
    prose: "Port of that server. 0: 465 with `tls`, 587 with `starttls`, 25 with `none`.",
  },
  smtpTls: {
    kind: "choice",
    initial: "tls",
    choices: ["tls", "starttls", "none"],
    prose:
      "`tls`: encrypted from the first byte. `starttls`: encrypted before anything is said; a server that does not offer it gets no mail. `none`: in the clear, for a server on this machine or a closed network.",
  },
  smtpUser: { kind: "text", initial: "", prose: "Account at that server. Empty: none." },
  smtpPasswordFile: {
    kind: "text",
    initial: "",
    prose: "File with the password of that account, readable by its owner alone (0600).",
  },
  smtpCaFile: {
    kind: "text",
    initial: "",
    prose: "PEM file of the authority that signed the mail server's certificate, if it is not a public one.",
  },
  mailFrom: {
    kind: "text",
    initial: "Records of Engagement <roebuck@localhost>",
    prose: "Who mail comes from, as `Name <address>`. Must be an address of your own before a mail server is named.",
  },
  mailReplyTo: {
    kind: "text",
    initial: "",
    prose: "Address that answers to mail go to. Empty: the address it comes from.",
  },
  outboxDir: {
    kind: "text",
    initial: "",
    prose: "Folder of the .eml files (0600) where no mail server is named. Empty: `outbox` in the data folder.",
  },
  portalUrl: {
    kind: "text",
    initial: "",
    prose:
      "Address of the portal as Link Officers reach it, for the links in mail and the check of where forms come from: https://records.example.org, without a path. Partners that want a link in place of the PDF get no mail without it. Empty: the portal works on this machine alone.",
  },
  defaultZone: { kind: "text", initial: "Europe/London", prose: "IANA zone of Partners whose import line names none." },
  clickhouseUrl: {
    kind: "text",
    initial: "",
    prose: "http(s) address of a ClickHouse server. Empty: the embedded engine in the data folder.",
  },
  clickhouseUser: { kind: "text", initial: "default", prose: "User of that server." },
  clickhousePassword: { kind: "text", initial: "", secret: true, prose: "Password of that user." },
  clickhouseAnalystUser: {
    kind: "text",
    initial: "",
    prose:
      "User of that server with the role roebuck_analyst, for `sql` and `export`. Empty: the service's own user, read-only, which reads every table.",
  },
  clickhouseAnalystPassword: { kind: "text", initial: "", secret: true, prose: "Password of that analyst." },
  clickhouseDatabase: { kind: "text", initial: "default", prose: "Database of that server." },
  clickhouseCluster: {
    kind: "text",
    initial: "",
    prose:
      "Name of the ClickHouse cluster, as in its configuration. Set: replicated and distributed tables, created ON CLUSTER.",
  },
  clickhouseCaFile: {
    kind: "text",
    initial: "",
    prose: "PEM file of the authority that signed the ClickHouse server's certificate, if it is not a public one.",
  },
  kafkaBrokers: {
    kind: "text",
    initial: "",
    prose: "Kafka brokers as host:port, separated by commas. Empty: the embedded log in the data folder.",
  },
  kafkaTls: { kind: "choice", initial: "no", choices: ["no", "yes"], prose: "Whether the brokers speak TLS." },
  kafkaCaFile: {
    kind: "text",
    initial: "",
    prose: "PEM file of the authority that signed the brokers' certificates, if it is not a public one.",
  },
  kafkaSasl: {
    kind: "choice",
    initial: "none",
    choices: ["none", "plain", "scram-sha-256", "scram-sha-512"],
    prose: "How this process signs in to the brokers.",
  },
  kafkaUser: { kind: "text", initial: "", prose: "User for SASL." },
  kafkaPassword: { kind: "text", initial: "", secret: true, prose: "Password for SASL." },
  kafkaTopicPrefix: { kind: "text", initial: "roebuck.", prose: "Before the names of topics and consumer groups." },
  kafkaCreateTopics: {
    kind: "choice",
    initial: "yes",
    choices: ["yes", "no"],
    prose: "Whether topics that are missing are created; if not, a missing one refuses the start.",
  },
  kafkaPartitions: {
    kind: "number",
    initial: 6,
    min: 1,
    max: 1_000,
    unit: "partitions",
    prose: "Partitions of the events topic when it is created; as many transforms can share the work.",
  },
  kafkaReplicas: {
    kind: "number",
    initial: 3,
    min: 1,
    max: 9,
    unit: "copies",
    prose: "Copies of each record when topics are created.",
  },
  kafkaInSyncMin: {
    kind: "number",
    initial: 2,
    min: 1,
    max: 9,
    unit: "copies",
    prose: "Copies that must be there for a beacon to be acknowledged.",
  },
  embeddedMemoryMb: {
    kind: "number",
    initial: 2_048,
    min: 512,
    max: 65_536,
    unit: "MB",
    prose: "Most memory that the embedded engine's queries may take.",
  },
  embeddedPort: {
    kind: "number",
    initial: 0,
    min: 0,
    max: 65_535,
    unit: "TCP port",
    prose:
      "Port on 127.0.0.1 at which the embedded engine speaks ClickHouse's HTTP interface, for the tools of analysts (`analysts add`); 0 takes any free one.",
  },
  startWaitSeconds: {
    kind: "number",
    initial: 30,
    min: 0,
    max: 3_600,
    unit: "seconds",
    prose:
      "How long a process waits at its start for Kafka or ClickHouse to answer, so that processes start in any order.",
  },
  minFreeDiskMb: {
    kind: "number",
    initial: 256,
    min: 0,
    max: 1_000_000,
    unit: "MB",
    prose: "Below this much free disk the warehouse refuses inserts; the log then holds the backlog.",
  },
  backupDir: {
    kind: "text",
    initial: "",
    prose:
      "Folder that the backups go to, on another disk or a mounted share. Each night after 02:00 UTC one is made. Empty: no backups.",
  },
  backupDays: {
    kind: "number",
    initial: 28,
    min: 1,
    max: 28,
    unit: "days",
    prose:
      "How long a backup is kept. It leaves out the days of people's rows that would pass their retention before it goes.",
  },
  organisation: {
    kind: "text",
    initial: "the organisation that runs this website",
    prose: "Name of the organisation that runs Roebuck, for notices of a breach and the records of processing.",
  },
  privacyContact: {
    kind: "text",
    initial: "",
    prose:
      "How its data protection officer or privacy contact is reached: name, e-mail address, telephone. Printed in the same places.",
  },
  colour: {
    kind: "text",
    initial: "#0b4f5c",
    prose: "Colour of records: headings, rules, bars. # and six hexadecimal digits; at least 4.5:1 on the page.",
  },
  logo: {
    kind: "text",
    initial: "",
    prose:
      "PNG or JPEG file, at most 64 KB, that stands on each record in place of the word Roebuck; ROEBUCK_ORGANISATION is read out for it.",
  },
  logoDir: {
    kind: "text",
    initial: "",
    prose:
      "Folder of Partners' logos, named for their ids: acme.png, acme.jpg. A Partner without one has none on its record.",
  },
  counterPlatform: { kind: "text", initial: "Roebuck", prose: "Name of the platform in COUNTER reports." },
  counterRegistry: {
    kind: "text",
    initial: "",
    prose: "Address of the platform's record in the COUNTER registry, for the head of COUNTER reports.",
  },
  webhookUrl: {
    kind: "text",
    initial: "",
    prose:
      "Address that is told when a record is closed or restated: https, or http on loopback. Empty: nobody is told.",
  },
  webhookSecretFile: {
    kind: "text",
    initial: "",
    prose:
      "File with the secret that signs what it is told, at least 32 characters, readable by its owner alone (0600).",
  },
  logLevel: {
    kind: "choice",
    initial: "info",
    choices: ["error", "warn", "info", "debug"],
    prose: "How much the service says of itself. Never anything personal.",
  },
} as const satisfies Record<string, Setting>;

/** The name of a setting. */
export type SettingName = keyof typeof SETTINGS;
/** A value for each setting. */
export type Settings = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name]["kind"] extends "number" ? number : string;
};

/** The environment variable of a setting: `dataDir` is `ROEBUCK_DATA_DIR`. */
export function toVariable(name: string): string {
  return `ROEBUCK_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** One thing that is wrong with the environment, as a sentence with the name, the value and what is allowed. */
export interface SettingsRefusal {
  readonly problems: readonly string[];
}

/**
 * Reads all settings from an environment. Unknown `ROEBUCK_*` names are refused too, so that a typing error
 * cannot pass for a default; names that begin with `ROEBUCK_TEST_` or `ROEBUCK_REQUIRE_` belong to the tests.
 */
export function parseSettings(environment: Readonly<Record<string, string | undefined>>): Settings | SettingsRefusal {
  const problems: string[] = [];
  const values: Record<string, string | number> = {};
  const known = new Set<string>();
  for (const [name, setting] of Object.entries(SETTINGS) as [string, Setting][]) {
    // widened: every entry is a Setting
    const variable = toVariable(name);
    known.add(variable);
    const raw = environment[variable];
    const outcome = parseValue(variable, setting, raw);
    if (typeof outcome === "object") problems.push(outcome.problem);
    else values[name] = outcome;
  }
  for (const variable of Object.keys(environment)) {
    if (!variable.startsWith("ROEBUCK_") || /^ROEBUCK_(?:TEST|REQUIRE)_/.test(variable) || known.has(variable))
      continue;
    problems.push(`Cannot use ${variable}: there is no such setting. \`roebuck settings\` lists them all.`);
  }
  if (problems.length > 0) return { problems };
  return values as Settings; // every name was given a value of its kind above
}

function parseValue(
  variable: string,
  setting: Setting,
  raw: string | undefined,
): string | number | { problem: string } {
  if (raw === undefined || raw === "") return setting.initial;
  switch (setting.kind) {
    case "text":
      return raw;
    case "choice":
      if (setting.choices.includes(raw)) return raw;
      return { problem: `Cannot use ${variable}="${raw}": it must be one of ${setting.choices.join(", ")}.` };
    case "number": {
      const value = Number(raw);
      if (/^-?\d+$/.test(raw) && value >= setting.min && value <= setting.max) return value;
      return {
        problem: `Cannot use ${variable}="${raw}": it must be a whole number from ${setting.min} to ${setting.max} (${setting.unit}).`,
      };
    }
  }
}

/** A site that may send beacons. */
export interface Site {
  readonly id: string;
  /** Origins as browsers write them: scheme, host and port, no slash at the end. */
  readonly origins: readonly string[];
}

const SITE_ID = /^[a-z0-9][a-z0-9._-]{0,59}$/;

/** Reads `id=origin origin;id=origin`. Answers a sentence if it cannot. */
export function parseSites(text: string): readonly Site[] | string {
  const sites: Site[] = [];
  for (const part of text
    .split(";")
    .map((piece) => piece.trim())
    .filter(Boolean)) {
    const [id = "", list = ""] = part.split(/=(.*)/s);
    if (!SITE_ID.test(id))
      return `Cannot use the site id "${id}" in ROEBUCK_SITES: it must be lower-case letters, digits, dot, hyphen or underscore, 60 at most.`;
    if (sites.some((site) => site.id === id)) return `Cannot use ROEBUCK_SITES: the site "${id}" is named twice.`;
    const origins = list.split(/[\s,]+/).filter(Boolean);
    const wrong = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
    if (wrong !== undefined)
      return `Cannot use the origin "${wrong}" of site "${id}" in ROEBUCK_SITES: it must be scheme and host, such as https://www.example.org, without a path.`;
    if (origins.length === 0)
      return `Cannot use the site "${id}" in ROEBUCK_SITES: it needs at least one origin, such as ${id}=https://www.example.org`;
    sites.push({ id, origins });
  }
  return sites.length > 0 ? sites : "Cannot use ROEBUCK_SITES: it names no site; write id=https://www.example.org";
}
