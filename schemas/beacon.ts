import { z } from "zod";
import { cutTo } from "./cut.ts";
import { ACCOUNT_KINDS } from "./event.ts";
import { parseEventId } from "./ids.ts";
import { isUrl } from "./web-url.ts";

/** Largest body of a beacon, bytes, before and after any decompression. Browsers give keepalive bodies 64 KiB in all. */
export const BODY_BYTES_MAX = 65_536;
/** Most events in one beacon. */
export const EVENTS_MAX = 50;
/** Longest life of a beacon token, seconds (12 hours). */
export const TOKEN_LIFE_S_MAX = 43_200;
/** `typ` of a beacon token; a token of another type is refused (RFC 8725 section 3.11). */
export const TOKEN_TYPE = "beacon+jwt";
/** `aud` of a beacon token. */
export const TOKEN_AUDIENCE = "roebuck";

const URL_LENGTH_MAX = 2_048;

const text = (lengthMax: number) => z.string().max(lengthMax);

/** What a page says, however long: that it was used counts, so no length is a reason to refuse it. Columns hold less than this. */
const cutText = (lengthMax: number) =>
  z
    .string()
    .overwrite((whole) => cutTo(whole, lengthMax))
    .describe(`What is longer than ${lengthMax} characters is cut.`);

/** One that is too long loses its query, of which few parameters would be kept anyway, then the end of its path. */
const cutUrl = z
  .string()
  .overwrite((whole) =>
    whole.length <= URL_LENGTH_MAX ? whole : cutTo(whole.split(/[?#]/, 1)[0] ?? "", URL_LENGTH_MAX),
  )
  .describe(`One that is longer than ${URL_LENGTH_MAX} characters loses its query, then the end of its path.`);
const url = cutUrl.refine(isUrl, { error: "must be an absolute URL" });

/** Looked at before the language's own parser, which takes nearly any word with a number in it for a time. */
const ISO_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/i;

/** Times on the wire are ISO 8601 with a zone, or whole milliseconds since 1970 UTC. Parsed to milliseconds. */
export const WIRE_TIME = z.union([
  z.number().int().min(-8.64e15).max(8.64e15),
  z
    .string()
    .max(40)
    .refine((value) => ISO_TIME.test(value) && !Number.isNaN(Date.parse(value)), {
      error: "must be ISO 8601 with a zone, such as 2026-11-24T09:30:00Z",
    })
    .transform((value) => Date.parse(value)),
]);

/** Ids of content are text, but a CMS that counts its pages writes them as numbers; a number that JSON has rounded is no id. */
const RESOURCE_ID = z.preprocess((id) => (Number.isSafeInteger(id) ? String(id) : id), text(200).min(1));

/** A resource as sites describe it. Of a beacon's event one that is not valid is left out, and the event kept. */
export const WIRE_RESOURCE = z.object({
  id: RESOURCE_ID,
  type: text(60).min(1),
  topic: text(120).optional(),
  full: z.boolean().optional(),
});

/** A webinar, meeting or course, as sites and their other tools name it. */
export const WIRE_ATTENDED = z.object({
  id: text(200).min(1),
  title: text(1_000),
  kind: text(60).min(1),
});
/** The event that feedback is about: its id is enough. */
const WIRE_ABOUT = WIRE_ATTENDED.partial({ title: true, kind: true });

const common = {
  id: text(36).refine((value) => parseEventId(value) !== undefined, { error: "must be a UUID (version 7 is best)" }),
  at: WIRE_TIME,
  url,
  title: cutText(1_000).optional(),
  referrer: cutUrl.optional(),
  resource: WIRE_RESOURCE.optional(),
};

/** One event of the wire, version 1. Fields that are not named here are ignored and counted. */
export const WIRE_EVENT = z.discriminatedUnion("type", [
  z.object({ ...common, type: z.literal("page_view") }),
  z.object({ ...common, type: z.literal("download") }),
  z.object({ ...common, type: z.literal("play") }),
  z.object({ ...common, type: z.literal("search"), query: cutText(500) }),
  z.object({
    ...common,
    type: z.literal("leave"),
    engaged_ms: z.number().int().min(0).max(86_400_000),
    scroll_pct: z.number().min(0).max(100).optional(),
  }),
  z.object({ ...common, type: z.literal("click"), target: cutText(500) }),
  z.object({
    ...common,
    type: z.literal("feedback"),
    score: z.number().int().min(1).max(5).optional(),
    comment: text(4_000).optional(),
    event: WIRE_ABOUT.optional(),
  }),
]);
/** A person's yes or no to purposes, told with the version of the wording that they saw. At least one purpose. */
export const WIRE_CHOICES = z
  .object({ behaviour: z.boolean().optional(), feedback: z.boolean().optional() })
  .refine(({ behaviour, feedback }) => behaviour !== undefined || feedback !== undefined, {
    error: "must say yes or no to behaviour, feedback or both",
  });
/** Version of the wording that a person saw: a name such as `2026-03`, never free text. */
export const WIRE_WORDING = z
  .string()
  .regex(/^[\w.:-]{1,60}$/, { error: "must be 1 to 60 of A-Z, a-z, 0-9 and _ . : -" });

/** The event of the wire that leads to no row but to a decision in the journal. */
export const WIRE_CONSENT = z.object({
  id: common.id,
  at: common.at,
  type: z.literal("consent"),
  choices: WIRE_CHOICES,
  wording: WIRE_WORDING,
});
/** A consent event that passed {@link WIRE_CONSENT}. */
export type WireConsent = z.infer<typeof WIRE_CONSENT>;

/** An event that passed {@link WIRE_EVENT}; `at` in milliseconds since 1970, UTC. */
export type WireEvent = z.infer<typeof WIRE_EVENT>;

/** Most attendances in one request. */
export const ATTENDANCES_MAX = 500;
/** Most minutes of an attendance: what the column holds, 45 days. */
export const MINUTES_MAX = 65_535;

/** Who a server of the site speaks of. The Partner is part of who somebody is, as in a token. */
const WIRE_USER = z
  .object({
    sub: text(255).min(1),
    acct: z.enum(ACCOUNT_KINDS),
    ptn: text(60).min(1).optional(),
    dept: text(120).optional(),
  })
  .refine((user) => (user.acct === "partner") === (user.ptn !== undefined), {
    error: "ptn must be given for a partner account, and for no other",
  });

/** One person at one event, told by a server of the site. Without an id it gets one from Partner, person and event. */
export const WIRE_ATTENDANCE = z.object({
  id: common.id.optional(),
  at: WIRE_TIME,
  user: WIRE_USER,
  event: WIRE_ATTENDED,
  minutes: z.number().int().min(0).max(MINUTES_MAX),
});
/** An attendance that passed {@link WIRE_ATTENDANCE}; `at` in milliseconds since 1970, UTC. */
export type WireAttendance = z.infer<typeof WIRE_ATTENDANCE>;

/** The body of `POST /v1/attendance`. Attendances are checked one by one, so that a bad one does not cost its neighbours. */
export const WIRE_ATTENDANCES = z.object({
  v: z.literal(1),
  site: text(60).min(1).optional(),
  attendances: z.array(z.unknown()).min(1).max(ATTENDANCES_MAX),
});

/** The envelope of a beacon, version 1. Events are checked one by one, so that a bad one does not cost its neighbours. */
export const WIRE_BEACON = z.object({
  v: z.literal(1),
  site: text(60).min(1),
  token: text(4_096).optional(),
  sent_at: WIRE_TIME,
  events: z.array(z.unknown()).min(1).max(EVENTS_MAX),
});
/** An envelope that passed {@link WIRE_BEACON}. */
export type WireBeacon = z.infer<typeof WIRE_BEACON>;

/** Field names that the wire knows, at the top of an event. Anything else is ignored and counted. */
export const EVENT_FIELDS: ReadonlySet<string> = new Set(
  [...WIRE_EVENT.options, WIRE_CONSENT].flatMap((option) => Object.keys(option.shape)),
);
/** Field names that the wire knows, in the envelope. */
export const BEACON_FIELDS: ReadonlySet<string> = new Set(Object.keys(WIRE_BEACON.shape));

/** Claims of a beacon token beyond those that the JWT library checks (exp, nbf, aud, typ). */
export const TOKEN_CLAIMS = z
  .object({
    iss: text(60).min(1),
    sub: text(255).min(1),
    iat: z.number().int(),
    exp: z.number().int(),
    acct: z.enum(ACCOUNT_KINDS),
    ptn: text(60).min(1).optional(),
    dept: text(120).optional(),
    consent: z.object({ behaviour: z.boolean().optional(), feedback: z.boolean().optional() }).optional(),
  })
  .refine((claims) => (claims.acct === "partner") === (claims.ptn !== undefined), {
    error: "ptn must be given for a partner account, and for no other",
  })
  .refine((claims) => claims.exp - claims.iat <= TOKEN_LIFE_S_MAX && claims.exp > claims.iat, {
    error: "exp must lie within 12 hours after iat",
  });
/** Claims that passed {@link TOKEN_CLAIMS}. `iss` is the site that minted the token. */
export type TokenClaims = z.infer<typeof TOKEN_CLAIMS>;

/** One line of `import events`: history from another system. */
export const IMPORT_LINE = z
  .object({
    id: common.id.optional(),
    sub: text(255).min(1),
    acct: z.enum(ACCOUNT_KINDS),
    ptn: text(60).min(1).optional(),
    dept: text(120).optional(),
    consent: z.object({ behaviour: z.boolean().optional(), feedback: z.boolean().optional() }).optional(),
    site: text(60).min(1).optional(),
  })
  .refine((line) => (line.acct === "partner") === (line.ptn !== undefined), {
    error: "ptn must be given for a partner account, and for no other",
  });
