import type { Month } from "../../schemas/ids.ts";
import { DEMO_COMMENTS, DEMO_RESOURCES, DEMO_SEARCHES, type DemoPartner, type DemoResource } from "./catalogue.ts";
import { type DemoPerson, toPerson } from "./people.ts";

/** One action of one person of the demo, in the form of a line of `import events`. */
export interface DemoEvent {
  readonly id: string;
  readonly type: "page_view" | "download" | "search" | "play" | "leave" | "feedback";
  /** Milliseconds UTC. */
  readonly at: number;
  readonly url: string;
  readonly title: string;
  readonly query?: string;
  readonly engaged_ms?: number;
  readonly scroll_pct?: number;
  readonly score?: number;
  readonly comment?: string;
  readonly resource?: { readonly id: string; readonly type: string; readonly topic: string; readonly full: boolean };
}

/** One visit: who came and what they did, in the order of time. */
export interface DemoVisit {
  readonly person: DemoPerson;
  readonly userAgent: string;
  readonly events: readonly DemoEvent[];
}

/** Where the demo's pages live. */
export const DEMO_ORIGIN = "https://www.demo.example";

const USER_AGENTS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
];

/** User agents of robots that do carry a session now and then: previews, monitors, crawlers behind a login. */
export const ROBOT_AGENTS: readonly string[] = [
  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
  "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36",
];

/** A repeatable source of numbers from 0 up to 1 (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** All visits of one Partner in one month, in no order. The same seed gives the same visits. `endMs` (UTC) cuts a month that is not over. */
export function planMonth(partner: DemoPartner, month: Month, seed: number, endMs: number): DemoVisit[] {
  const random = createRandom(seed);
  const asides = createRandom(seed + 50_000_000);
  const [year = 0, number = 1] = month.split("-").map(Number);
  const days = new Date(Date.UTC(year, number, 0)).getUTCDate();
  const taste = DEMO_RESOURCES.map((resource, rank) => ({ resource, weight: (0.4 + random()) / (1 + rank * 0.12) }));
  const visits: DemoVisit[] = [];
  for (let place = 1; place <= partner.people; place += 1) {
    const person = toPerson(partner, place);
    const keenness = random() ** 2 * 3 * partner.visitsPerMonth;
    const count = Math.floor(keenness + random());
    const userAgent = USER_AGENTS[Math.floor(random() * USER_AGENTS.length)] ?? "";
    for (let visit = 0; visit < count; visit += 1) {
      const startMs = Date.UTC(
        year,
        number - 1,
        1 + pickDay(random, year, number, days),
        pickHour(random),
        Math.floor(random() * 60),
        Math.floor(random() * 60),
        Math.floor(random() * 1_000),
      );
      const events = addAsides(asides, person, planVisit(random, startMs, taste));
      if ((events.at(-1)?.at ?? 0) < endMs) visits.push({ person, userAgent, events });
    }
  }
  return visits;
}

/**
 * What a visit tells besides: how long each page was in use and how far it was read, of whoever agreed to that; and now
 * and then what somebody thinks of the last resource.
 */
function addAsides(random: () => number, { consent }: DemoPerson, events: readonly DemoEvent[]): DemoEvent[] {
  const all = [...events];
  if (consent?.behaviour === true) {
    const views = events.filter(({ type }) => type === "page_view");
    for (const view of views) {
      const next = events.find(({ at }) => at > view.at);
      const engaged_ms = Math.min(
        3_000 + Math.floor(random() ** 2 * 150_000),
        (next?.at ?? Number.POSITIVE_INFINITY) - view.at,
      );
      const { url, title, at } = view;
      const scroll_pct = Math.floor(20 + random() * 81);
      all.push({ id: newEventId(random, at), type: "leave", at: at + engaged_ms, url, title, engaged_ms, scroll_pct });
    }
  }
  const last = events.findLast(({ resource }) => resource !== undefined);
  if (last?.resource !== undefined && random() < 0.05) {
    const score = 5 - Math.floor(random() ** 2 * 5);
    const comment = DEMO_COMMENTS[Math.floor(random() * DEMO_COMMENTS.length * 2)];
    const { url, title, resource } = last;
    const at = Math.max(...all.map((event) => event.at)) + 2_000;
    const said = comment === undefined ? {} : { comment };
    all.push({ id: newEventId(random, at), type: "feedback", at, url, title, resource, score, ...said });
  }
  return all.sort((one, other) => one.at - other.at);
}

function pickDay(random: () => number, year: number, month: number, days: number): number {
  for (;;) {
    const day = Math.floor(random() * days);
    const weekday = new Date(Date.UTC(year, month - 1, 1 + day)).getUTCDay();
    if ((weekday !== 0 && weekday !== 6) || random() < 0.12) return day;
  }
}

function pickHour(random: () => number): number {
  const spread = (random() + random() + random()) / 3;
  return Math.floor(7 + spread * 12);
}

function planVisit(
  random: () => number,
  startMs: number,
  taste: readonly { resource: DemoResource; weight: number }[],
): DemoEvent[] {
  const events: DemoEvent[] = [];
  let at = startMs;
  const add = (
    type: DemoEvent["type"],
    path: string,
    title: string,
    more: Pick<DemoEvent, "query" | "resource"> = {},
  ) => {
    events.push({ id: newEventId(random, at), type, at, url: `${DEMO_ORIGIN}${path}`, title, ...more });
    at += 8_000 + Math.floor(random() ** 2 * 240_000);
  };
  if (random() < 0.6) add("page_view", "/", "Home");
  const pages = 1 + Math.floor(random() ** 1.6 * 7);
  for (let page = 0; page < pages; page += 1) {
    if (random() < 0.18) {
      const query = DEMO_SEARCHES[Math.floor(random() ** 1.5 * DEMO_SEARCHES.length)] ?? "neglect";
      add("search", "/search", "Search", { query });
    }
    const { id, type, topic, path, title } = pickResource(random, taste);
    const resource = (full: boolean) => ({ resource: { id, type, topic, full } });
    add("page_view", path, title, resource(type === "guide" || type === "article"));
    if (random() < 0.06) add("page_view", path, title, resource(type === "guide" || type === "article"));
    if (type === "guide" && random() < 0.3) add("download", `${path}.pdf`, `${title} (PDF)`, resource(true));
    if ((type === "video" || type === "webinar") && random() < 0.55) add("play", path, title, resource(true));
  }
  return events;
}

function pickResource(
  random: () => number,
  taste: readonly { resource: DemoResource; weight: number }[],
): DemoResource {
  const total = taste.reduce((sum, { weight }) => sum + weight, 0);
  let left = random() * total;
  for (const { resource, weight } of taste) {
    left -= weight;
    if (left <= 0) return resource;
  }
  throw new Error("Cannot pick a resource: the demo has none");
}

function newEventId(random: () => number, at: number): string {
  const digits = (count: number) =>
    Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join("");
  const time = at.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digits(3)}-a${digits(3)}-${digits(12)}`;
}
