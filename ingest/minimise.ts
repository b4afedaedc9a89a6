import type { AttendedEvent, Resource, SealedEvent } from "../schemas/event.ts";
import { toWebHost, toWebPath } from "../schemas/web-url.ts";
import { isPlainlyClean, MASK, maskHost, maskId, maskText, toPlain } from "./mask.ts";

/** Longest values kept, characters. */
export const LENGTHS = { path: 500, title: 300, term: 200, target: 200, comment: 4_000, host: 253, id: 200, word: 120 };

/** What the wire and an import line say of an event, already of the right types. */
interface RawEvent {
  readonly url: string;
  readonly title?: string | undefined;
  readonly referrer?: string | undefined;
  readonly resource?:
    | {
        readonly id: string;
        readonly type: string;
        readonly topic?: string | undefined;
        readonly full?: boolean | undefined;
      }
    | undefined;
}

type MinimisedFields = Pick<SealedEvent, "path" | "title" | "referrer" | "resource">;
type Writable<T> = { -readonly [Field in keyof T]: T[Field] };

/**
 * The path of a page's address with the allow-listed part of its query: no scheme, host, user, fragment or session.
 *
 * What looks personal in a segment or in a value that is kept is masked, escaped or not. Addresses that are no web
 * page (`mailto:`, `file:`) are masked as a whole.
 * Pure, never throws.
 *
 * @param url absolute; anything else gives the mask
 * @param queryKeys names of parameters that are kept, in the order of the address
 */
export function toPath(url: string, queryKeys: ReadonlySet<string>): string {
  const [page, query] = toParts(url);
  const pathname = toWebPath(page);
  if (pathname === undefined) return `/${MASK}`;
  const path = maskPath(pathname.includes(";") ? pathname.replace(/;[^/]*/g, "") : pathname);
  const whole = query === "" ? path : path + toQuery(query, queryKeys);
  return whole.length > LENGTHS.path ? whole.slice(0, LENGTHS.path) : whole;
}

/** An address up to its query, and the query without its mark. The fragment goes. */
function toParts(url: string): readonly [page: string, query: string] {
  const hash = url.indexOf("#");
  const bare = hash === -1 ? url : url.slice(0, hash);
  const mark = bare.indexOf("?");
  return mark === -1 ? [bare, ""] : [bare.slice(0, mark), bare.slice(mark + 1)];
}

function maskPath(path: string): string {
  if (isPlainlyClean(path)) return path;
  const plain = toPlain(path);
  const masked = maskText(plain, Number.POSITIVE_INFINITY);
  if (masked !== plain) return toEscaped(masked, /[?#]/g);
  const undecoded = maskText(path, Number.POSITIVE_INFINITY);
  // A percent sign that is left alone before a mask must not become an escape with what follows.
  return undecoded === path ? path : undecoded.replace(/%(?![0-9a-f]{2})/gi, "%25");
}

/** Only parameters on the list, whose names are compared as they stand. */
function toQuery(query: string, queryKeys: ReadonlySet<string>): string {
  let kept = "";
  for (let start = 0; start <= query.length; ) {
    const and = query.indexOf("&", start);
    const end = and === -1 ? query.length : and;
    const equals = query.indexOf("=", start);
    const keyEnd = equals === -1 || equals > end ? end : equals;
    const key = query.slice(start, keyEnd);
    if (queryKeys.has(key)) kept += `${kept === "" ? "?" : "&"}${key}=${toKeptValue(query.slice(keyEnd + 1, end))}`;
    start = end + 1;
  }
  return kept;
}

function toKeptValue(value: string): string {
  if (/^[a-z_-]{0,19}$/i.test(value)) return value;
  return toEscaped(maskText(toPlain(value.replaceAll("+", " ")), LENGTHS.word), /[?#&=+;]/g);
}

/** Escapes what an address cannot hold, but leaves the mark readable. */
function toEscaped(text: string, reserved: RegExp): string {
  return encodeURI(text.toWellFormed()).replace(reserved, encodeURIComponent).replaceAll(encodeURI(MASK), MASK);
}

/** The host of a web address, without port, as it stands; empty for none. For comparing: {@link toReferrerHost} is for keeping. */
export function toHost(url: string | undefined): string {
  if (url === undefined || url === "") return "";
  return toWebHost(url) ?? "";
}

/** The host of a referrer as it may be kept: masked if it is an address or names someone. Empty for none and for what is no web page. */
export function toReferrerHost(referrer: string | undefined): string {
  return maskHost(toHost(referrer)).slice(0, LENGTHS.host);
}

/** The name of what was clicked; if it is an address, cut like one. */
export function toTarget(target: string, queryKeys: ReadonlySet<string>): string {
  if (/^https?:/i.test(target) && URL.canParse(target)) {
    return (toReferrerHost(target) + toPath(target, queryKeys)).slice(0, LENGTHS.target);
  }
  if (/^[/?#.]/.test(target) && URL.canParse(target, "https://site.invalid")) {
    return toPath(new URL(target, "https://site.invalid").href, queryKeys).slice(0, LENGTHS.target);
  }
  return maskText(target, LENGTHS.target);
}

/** A resource as it may be kept. Ids and topics are masked with a lighter hand: they name content. */
export function toResource(resource: NonNullable<RawEvent["resource"]>): Resource {
  const { id, type, topic, full } = resource;
  const kept: Writable<Resource> = { id: maskId(id, LENGTHS.id), type: maskText(type, LENGTHS.word) };
  if (topic !== undefined) kept.topic = maskId(topic, LENGTHS.word);
  if (full !== undefined) kept.full = full;
  return kept;
}

/** What was attended, as it may be kept; as resources are, its id is masked with a lighter hand. */
export function toAttendedEvent({
  id,
  title = "",
  kind = "",
}: {
  readonly id: string;
  readonly title?: string | undefined;
  readonly kind?: string | undefined;
}): AttendedEvent {
  return { id: maskId(id, LENGTHS.id), title: maskText(title, LENGTHS.title), kind: maskText(kind, LENGTHS.word) };
}

/** The minimised fields that every event has. */
export function minimise(event: RawEvent, queryKeys: ReadonlySet<string>): MinimisedFields {
  const fields: Writable<MinimisedFields> = { path: toPath(event.url, queryKeys) };
  if (event.title !== undefined) fields.title = maskText(event.title, LENGTHS.title);
  if (event.referrer !== undefined && event.referrer !== "") fields.referrer = toReferrerHost(event.referrer);
  if (event.resource !== undefined) fields.resource = toResource(event.resource);
  return fields;
}

/** Names of query parameters from a setting such as `utm_source,page`. */
export function parseQueryKeys(text: string): ReadonlySet<string> {
  return new Set(text.split(/[\s,]+/).filter(Boolean));
}
