/** Somebody's stay at an event as a report tells it, one row of it. Lives in memory only: it names a person. */
export interface Presence {
  readonly line: number;
  /** Addresses of the person, the one they gave first. */
  readonly emails: readonly string[];
  /** Names, the shown one first. */
  readonly names: readonly string[];
  /** Times as the file writes them; empty if it does not. */
  readonly joined: string;
  readonly left: string;
  /** How long, as the file writes it: minutes, `1h 5m 3s` or `1:05:03`. Not needed where there are both times. */
  readonly duration: string;
  /** Who it is, where the file names the site's own user id. */
  readonly user?: NamedUser;
  /** Which event, where the file has several. */
  readonly event?: NamedEvent;
}

/** A user as lists name them; all but `sub` may be empty. */
export interface NamedUser {
  readonly sub: string;
  readonly acct: string;
  readonly ptn: string;
  readonly dept: string;
}

/** An event as a report names it; anything may be empty. */
export interface NamedEvent {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  /** When it began, as the file writes it. */
  readonly started: string;
}

/** Rows that are no attendance, by why. */
export interface LeftOut {
  /** Who ran the event. */
  readonly hosts: number;
  /** Registered and did not come. */
  readonly absent: number;
  /** Time in the waiting room. */
  readonly waiting: number;
}

/** What a report says. */
export interface AttendanceReport {
  readonly format: "teams" | "zoom-meeting" | "zoom-webinar" | "plain";
  readonly event: NamedEvent;
  readonly presences: readonly Presence[];
  readonly leftOut: LeftOut;
  /** Every name in the report, hosts' too: none of them may stand in a title. */
  readonly names: readonly string[];
}

const MARKS = /\s*[([](?:external|unverified|guest|(?:me, ?)?(?:co-?)?host(?:, ?me)?|me|extern|invité|gast)[)\]]/gi;

/**
 * The names in a cell: `Shown (Original)` has two. What tools put behind a name (`(External)`, `(Guest)`) is no part of it.
 */
export function toNames(cell: string): readonly string[] {
  const plain = cell.replace(MARKS, "").replace(/\s+/g, " ").trim();
  const [, shown, original] = /^(.+?) ?\(([^()]+)\)$/.exec(plain) ?? [];
  const names = shown === undefined || original === undefined ? [plain] : [shown.trim(), original.trim()];
  return [...new Set(names)].filter((name) => name !== "");
}

/** Addresses out of cells, in small letters, without what is none. */
export function toEmails(...cells: readonly string[]): readonly string[] {
  const plain = cells.map((cell) =>
    cell
      .replace(/^mailto:/i, "")
      .trim()
      .toLowerCase(),
  );
  return [...new Set(plain)].filter((email) => /^[^\s@]+@[^\s@]+$/.test(email));
}

/** Length of a stay in seconds: whole or decimal minutes, `1h 5m 3s`, `1 hr 5 min`, `1:05:03`; `undefined` if it is none. */
export function parseDurationS(text: string): number | undefined {
  const plain = text.trim().toLowerCase();
  if (/^\d{1,5}(?:\.\d+)?(?: ?min(?:ute)?s?)?$/.test(plain)) return Math.round(Number.parseFloat(plain) * 60);
  const clock = /^(\d{1,3}):(\d\d):(\d\d)$/.exec(plain);
  if (clock !== null) return Number(clock[1]) * 3_600 + Number(clock[2]) * 60 + Number(clock[3]);
  const parts =
    /^(?:(\d+) ?h(?:ours?|rs?)?)?,? ?(?:(\d+) ?m(?:in(?:ute)?s?)?)?,? ?(?:(\d+) ?s(?:ec(?:ond)?s?)?)?$/.exec(plain);
  if (parts === null || plain === "") return undefined;
  return Number(parts[1] ?? 0) * 3_600 + Number(parts[2] ?? 0) * 60 + Number(parts[3] ?? 0);
}
