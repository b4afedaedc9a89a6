import { toEpochMs } from "../schemas/ids.ts";
import { type HistoryItem, type HistoryRules, toPastView, toSkipped } from "./history.ts";

/** Longest line that is looked at, characters: a bound on the work of the pattern. */
const LINE_LENGTH_MAX = 16_384;
const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
/** host ident user [time] "request" status bytes "referrer" "agent", and whatever a server adds after it. */
const COMBINED = new RegExp(
  String.raw`^(\S+) \S+ [^[]*\[([^\]]*)\] ${QUOTED} (\d{3}) (?:\d+|-) ${QUOTED} ${QUOTED}(?: .*)?$`,
);
const REQUEST = /^([A-Z]+) (\S.*) HTTP\/\d(?:\.\d)?$/;
const TIME = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const ANSWERED: ReadonlySet<string> = new Set(["200", "304"]);
/** Files of a page, downloads and feeds: no page is shown by them. */
const NO_PAGE =
  /\.(?:css|js|mjs|map|json|xml|txt|ico|png|jpe?g|gif|svg|webp|avif|bmp|woff2?|ttf|otf|eot|mp[34]|m4[av]|webm|og[gv]|wav|pdf|docx?|xlsx?|pptx?|odt|ods|odp|rtf|csv|zip|gz|tar|7z|exe|dmg|rss|atom|webmanifest|wasm)$/i;
/** Where Matomo's trackers ask for their picture. */
const TRACKER = /\/(?:matomo|piwik)\.php$/;

/**
 * One line of a web server's log in the combined format, as it is counted.
 *
 * The address serves to find the country and is let go; the user's name is not looked at.
 * Pure but for the two look-ups; never throws.
 *
 * @see Apache HTTP Server, mod_log_config, "combined": `"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\""`
 */
export function toAccessItem(line: string, rules: HistoryRules): HistoryItem {
  const found = line.length > LINE_LENGTH_MAX ? null : COMBINED.exec(line);
  const [, address = "", time = "", asked = "", status = "", referrer = "", userAgent = ""] = found ?? [];
  const atMs = parseLogTime(time);
  const request = REQUEST.exec(toUnescaped(asked));
  if (found === null || Number.isNaN(atMs) || request === null) return toSkipped("unreadable");
  const [, method, target = ""] = request;
  if (method !== "GET") return toSkipped("other_method");
  if (!ANSWERED.has(status)) return toSkipped("other_status");
  const url = URL.parse(/^https?:\/\//i.test(target) ? target : rules.origin + target);
  if (url === null || (!target.startsWith("/") && !/^https?:/i.test(target))) return toSkipped("unreadable");
  const file = url.pathname.replace(/;\w+=[^/]*$/, ""); // Java servers add the session: `/a.css;jsessionid=1`
  if (NO_PAGE.test(file) || TRACKER.test(file)) return toSkipped("no_page");
  const agent = rules.toAgent(toText(userAgent));
  if (agent.robot) return toSkipped("robot");
  const view = toPastView(
    {
      atMs: toEpochMs(atMs),
      url: url.href,
      referrer: toText(referrer),
      country: rules.toCountry(address),
      device: agent.device,
    },
    rules,
  );
  return typeof view === "string" ? toSkipped(view) : { views: [view], skipped: [] };
}

/** `10/Oct/2026:13:55:36 +0100` in milliseconds, UTC; NaN for what is no time. Pure. */
export function parseLogTime(text: string): number {
  const found = TIME.exec(text);
  if (found === null) return Number.NaN;
  const [
    ,
    day = "",
    name = "",
    year = "",
    hour = "",
    minute = "",
    second = "",
    sign,
    zoneHours = "",
    zoneMinutes = "",
  ] = found;
  const month = String(MONTHS.indexOf(name) + 1).padStart(2, "0");
  const local = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // A day that the month does not have would slide into the next.
  if (local.toJSON()?.startsWith(`${year}-${month}-${day}`) !== true || Number(zoneMinutes) > 59) return Number.NaN;
  const offsetMs = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  return local.getTime() - (sign === "-" ? -offsetMs : offsetMs);
}

/** A field where `-` says that there was none. */
function toText(field: string): string {
  return field === "-" ? "" : toUnescaped(field);
}

/** Servers write quotes, backslashes and bytes that are no text with a backslash. */
function toUnescaped(field: string): string {
  if (!field.includes("\\")) return field;
  return field.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_, hex: string | undefined, plain: string | undefined) =>
    hex === undefined ? (plain ?? "") : `%${hex.toUpperCase()}`,
  );
}
