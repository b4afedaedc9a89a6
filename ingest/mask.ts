import { cutTo } from "../schemas/cut.ts";
import { parseAddress } from "./address.ts";

/** What stands in the place of text that might identify a person. */
export const MASK = "[masked]";

const ASCII_ONLY = /^[ -~]*$/;
/** Controls, and what is invisible or turns the direction of writing: it could split an address or fake a report. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
const ESCAPES = /(?:%[0-9a-f]{2})+/gi;
/** An escape, also an escaped one, of what has to be escaped: no letter, digit or control but tabs and line ends. */
const NEEDED_ESCAPE = /%(?:25)*(?:0[9ad]|2[0-9a-f]|3[a-f]|40|5[b-f]|60|7[b-e]|[89a-f][0-9a-f])/gi;

/** Each pattern begins where the character before cannot belong to the match, so that none scans a run twice. */
const E_MAIL = /(?<![^\s/?&=#,;:<>()[\]"@])[^\s/?&=#,;:<>()[\]"@]+(?:@[^\s/?&=#,;:<>()[\]"@]+)+/g;
const QUOTED_E_MAIL = /"[^"@]{1,64}"@[^\s/?&=#,;:<>()[\]"@]+/g;
/** Begins at a run of its characters that has a dot and another run after it, so that each run is gone through once. What is before the token is $1. */
const JWT = /(?<![\w-])(?=[\w-]+\.[\w-])([\w-]*?)(?<![A-Za-z0-9])eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*){0,3}/g;
const IPV4 = /(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)/g;
const IPV6 = /(?<![0-9a-f:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?![0-9a-z])/gi;
const UUID = /(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])/gi;
const HEX = /(?<![0-9a-z])[0-9a-f]{16,}(?![0-9a-z])/gi;
const NUMBER = /\+?\(?\p{Nd}(?:[\s().\-_+\u2010-\u2015\u2212]{0,4}\p{Nd}){6,}/gu;
const TOKEN = /(?<![\w+=-])[\w+=-]{20,}/g;

/** Dates and spans of years have as many digits as a telephone number and say nothing of anyone. */
const DATES =
  /(?<!\d)(?:19|20)\d\d(?:([-._])(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])| ?[-\u2010-\u2015] ?(?:19|20)\d\d)(?!\d)/g;

/**
 * Text with everything masked that looks like an e-mail address, an IP address, a telephone or other long number
 * (7 digits and more, also with spaces and hyphens), or a token. Controls and bidi overrides are taken out.
 *
 * Percent escapes are decoded to look, several layers deep, and so are full-width forms. Text that has nothing to mask
 * keeps its spelling.
 *
 * Pure, never throws; time grows with the length only.
 *
 * @param lengthMax characters kept of the outcome
 * @see GDPR Art. 5(1)(c), 25: data minimisation by design
 */
export function maskText(text: string, lengthMax: number): string {
  return cutTo(isPlainlyClean(text) ? text : maskWith(maskAll, text), lengthMax);
}

/**
 * A resource id or topic: as {@link maskText}, but an id may have up to 10 digits in a row, letters and digits may
 * alternate up to the length of a UUID, and ISBN-13 stay, since ids are what records are made of.
 */
export function maskId(text: string, lengthMax: number): string {
  return cutTo(isPlainlyClean(text) ? text : maskWith(maskIdentifying, text), lengthMax);
}

/** A host name; masked as a whole if any part of it would be. Empty stays empty. */
export function maskHost(host: string): string {
  return host.startsWith("[") || maskText(host, host.length) !== host ? MASK : host;
}

/**
 * One quick pass that clears almost all text of pages: ASCII that lacks the characters for any of the patterns above.
 * It may say no for clean text, but never yes for text that one of them would change.
 */
export function isPlainlyClean(text: string): boolean {
  let digits = 0;
  let dots = 0;
  let colons = 0;
  let capitals = 0;
  let run = 0;
  let longest = 0;
  for (let index = 0; index < text.length; index += 1) {
    const kind = KINDS[text.charCodeAt(index)] ?? UNSAFE; // beyond ASCII there is none
    if (kind === UNSAFE) return false;
    if (kind < IN_RUN) {
      run = 0;
      if (kind === DOT) dots += 1;
      else if (kind === COLON) colons += 1;
    } else {
      run += 1;
      if (run > longest) longest = run;
      if (kind === DIGIT) digits += 1;
      else if (kind === CAPITAL) capitals += 1;
    }
  }
  if (dots > 0 && capitals > 0 && longest >= 8) return false;
  if (digits === 0) return longest < 20 || capitals < 4;
  return digits < 7 && dots < 3 && colons < 2 && longest < 16;
}

const [UNSAFE, OTHER, DOT, COLON, IN_RUN, DIGIT, CAPITAL] = [0, 1, 2, 3, 4, 5, 6];

/** What each ASCII character is to the quick pass. `IN_RUN` and above are what tokens, UUIDs and numbers are written with. */
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => toQuickKind(String.fromCharCode(code)));

function toQuickKind(character: string): number {
  if (/[^ -~]|[%@]/.test(character)) return UNSAFE;
  if (/\d/.test(character)) return DIGIT;
  if (/[A-Z]/.test(character)) return CAPITAL;
  if (/[\w+=-]/.test(character)) return IN_RUN;
  if (character === ".") return DOT;
  return character === ":" ? COLON : OTHER;
}

function maskWith(mask: (text: string) => string, text: string): string {
  const ascii = ASCII_ONLY.test(text);
  const clean = ascii ? text : toVisible(text);
  const plain = toPlain(clean);
  const masked = mask(plain);
  if (masked !== plain) return masked;
  return plain === clean ? clean : maskUndecoded(mask, clean);
}

/**
 * The text as it stands, for a percent sign that escapes nothing: of `100%5550123` decoding leaves `100U50123`.
 *
 * Real escapes stand between what is masked and belong to none of it: the 20 of a space is no part of the year after it.
 */
function maskUndecoded(mask: (text: string) => string, text: string): string {
  let masked = "";
  let start = 0;
  for (const needed of text.matchAll(NEEDED_ESCAPE)) {
    masked += mask(text.slice(start, needed.index)) + needed[0];
    start = needed.index + needed[0].length;
  }
  return masked + mask(text.slice(start));
}

function maskAll(text: string): string {
  return maskTokens(maskNumbers(maskAddresses(text), () => true));
}

const ISBN = /^97[89]\d{10}$/;
const ONLY_UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function maskIdentifying(text: string): string {
  if (ONLY_UUID.test(text)) return text;
  const numbers = maskNumbers(maskAddresses(text, /* ids may be UUIDs */ false), (number) => {
    if (ISBN.test(number)) return false;
    return /^(?:\+|\(|0[1-9][\d-]{8,}$)/.test(number) || /[\s()]/.test(number) || /\d{11}/.test(number);
  });
  return numbers.length > 40 ? maskTokens(numbers) : numbers;
}

function maskAddresses(text: string, uuidsToo = true): string {
  let masked = text;
  if (masked.includes("@")) masked = masked.replace(QUOTED_E_MAIL, MASK).replace(E_MAIL, MASK);
  if (masked.includes(".")) masked = masked.replace(JWT, `$1${MASK}`).replace(IPV4, MASK);
  if (masked.includes(":")) masked = masked.replace(IPV6, maskIpv6);
  if (uuidsToo && masked.length >= 16) masked = masked.replace(UUID, maskHex).replace(HEX, maskHex);
  return masked;
}

function maskNumbers(text: string, identifying: (number: string) => boolean): string {
  return text.replace(NUMBER, (found) => {
    const rest = /^[+(]?[+0]/.test(found) ? found : found.replace(DATES, "");
    return countDigits(rest) < 7 || !identifying(found) ? found : MASK;
  });
}

function countDigits(text: string): number {
  return text.match(/\p{Nd}/gu)?.length ?? 0;
}

function maskHex(found: string): string {
  return /\d/.test(found) ? MASK : found;
}

function maskTokens(text: string): string {
  return text.length < 20 ? text : text.replace(TOKEN, (found) => (isRandom(found) ? MASK : found));
}

/**
 * Random text changes between capitals, small letters and digits at every other character; the words of a slug or a
 * title do so hardly ever. A capital that begins a word is no change.
 */
function isRandom(text: string): boolean {
  let changes = 0;
  let before = 0;
  for (let index = 0; index < text.length; index += 1) {
    const kind = toKind(text.charCodeAt(index));
    if (before !== 0 && kind !== 0 && kind !== before && !(before === 2 && kind === 1)) changes += 1;
    before = kind;
  }
  return changes >= Math.max(4, text.length / 8);
}

/** 1 small letter, 2 capital, 3 digit, 0 anything else. */
function toKind(code: number): number {
  if (code >= 97 && code <= 122) return 1;
  if (code >= 65 && code <= 90) return 2;
  return code >= 48 && code <= 57 ? 3 : 0;
}

/** Masks what is an address once the colons of the sentence around it are off, but not program text such as `a::before`. */
function maskIpv6(found: string): string {
  const before = /^:(?!:)/.test(found) ? ":" : "";
  const after = /(?<!:):$/.test(found) ? ":" : "";
  const address = found.slice(before.length, found.length - after.length);
  const groups = address.split(":").filter(Boolean).length;
  return parseAddress(address) !== "" && /\d/.test(address) && groups >= 2 ? before + MASK + after : found;
}

/** Without controls (a space each) and invisible characters, and with whole surrogate pairs. */
function toVisible(text: string): string {
  return text.replace(CONTROLS, " ").replace(INVISIBLE, "").toWellFormed();
}

/** The text as a reader would understand it: percent escapes decoded, full-width and other compatible forms folded. */
export function toPlain(text: string): string {
  let plain = text;
  for (let layer = 0; layer < 4 && plain.includes("%"); layer += 1) {
    const decoded = plain.replace(ESCAPES, decodeRun);
    if (decoded === plain) break;
    plain = decoded;
  }
  return ASCII_ONLY.test(plain) ? plain : toVisible(toVisible(plain).normalize("NFKC"));
}

/** Decodes a run of escapes as UTF-8; bytes that are none become U+FFFD, so that one of them cannot hide the rest. */
function decodeRun(run: string): string {
  return Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8");
}
