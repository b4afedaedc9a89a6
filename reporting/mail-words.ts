import { FIGURES, type FigureName } from "../schemas/figures.ts";
import { toMonthOffset } from "../schemas/ids.ts";
import type { RecordOfEngagement } from "../schemas/record.ts";
import {
  NAME_CHARACTERS_MAX,
  toChangeWords,
  toCountWords,
  toMonthWords,
  toPlainText,
  toShortText,
  toSummaryWords,
} from "./words.ts";

/** What a mail says that is not in the record. */
export interface MailContext {
  /** Whom it is to; empty if no name is on file. */
  readonly officer: string;
  /** Who runs Roebuck. */
  readonly organisation: string;
  /** How its privacy contact is reached; empty if not set. */
  readonly privacyContact: string;
  /** `pdf`: figures, chart and the record itself. `link`: nothing of the record, only where it can be read. */
  readonly delivery: "pdf" | "link";
  /** Address of the portal; empty if there is none, which `link` cannot do without. */
  readonly portalUrl: string;
  /** An earlier version of the month was delivered to this person. */
  readonly isRepeat: boolean;
}

/** One headline figure, in words. */
export interface MailFigure {
  readonly label: string;
  readonly value: string;
  /** Against the month before. */
  readonly change: string;
}

/** A mail in words, before it is text or HTML. */
export interface MailWords {
  readonly subject: string;
  readonly title: string;
  readonly greeting: string;
  /** Before the figures. */
  readonly opening: readonly string[];
  readonly figuresTitle: string;
  readonly figures: readonly MailFigure[];
  /** After the figures; `{link}` stands where the portal's address belongs. */
  readonly closing: readonly string[];
  readonly link: string;
  readonly signature: readonly string[];
}

const HEADLINES: readonly FigureName[] = [
  "active_people",
  "visits",
  "Unique_Item_Requests",
  "page_views",
  "Searches_Platform",
];
const REASON_CHARACTERS_MAX = 300;
/** What a mail program would make a link of: a title of a page must not lead anybody anywhere from a mail of ours. */
const LINK_LIKE = /:\/\/|\bwww\.|@|[\p{L}\p{N}-]\.\p{L}{2,}/iu;

/** What a mail about a record says, in its order. Pure. Text from outside comes out as harmless single lines. */
export function toMailWords(record: RecordOfEngagement, context: MailContext): MailWords {
  const month = toMonthWords(record.month);
  const name = toName(record);
  const hasFigures = context.delivery === "pdf" && record.figures.active_people > 0;
  return {
    subject: `${context.isRepeat ? "Updated: " : ""}Record of Engagement for ${month}, ${name}`,
    title: `Record of Engagement, ${month}`,
    greeting: toGreeting(context.officer),
    opening: toOpening(record, context, name, month),
    figuresTitle: `Key figures of ${month}`,
    figures: hasFigures ? toFigures(record) : [],
    closing: toClosing(context, name),
    link: context.portalUrl,
    signature: toSignature(context, name),
  };
}

function toName({ partner }: RecordOfEngagement): string {
  return toShortText(toPlainText(partner.name) || partner.id, NAME_CHARACTERS_MAX);
}

function toGreeting(officer: string): string {
  const name = toShortText(toPlainText(officer), NAME_CHARACTERS_MAX);
  return name === "" ? "Dear Link Officer," : `Dear ${name},`;
}

function toOpening(record: RecordOfEngagement, context: MailContext, name: string, month: string): string[] {
  const what =
    context.delivery === "pdf"
      ? `Here is the Record of Engagement of ${name} for ${month}. The full record is attached as a PDF.`
      : `The Record of Engagement of ${name} for ${month} is ready. As ${name} has asked, it is not sent by e-mail: sign in to read it and to download it.`;
  const again = context.isRepeat ? [toRestated(record)] : [];
  const summary = context.delivery === "pdf" ? [toSummaryWords(withoutLinks(record))] : [];
  return [what, ...again, ...summary];
}

function toRestated({ version, reason }: RecordOfEngagement): string {
  const words = toShortText(toPlainText(reason), REASON_CHARACTERS_MAX);
  const why = words === "" || LINK_LIKE.test(words) ? "" : ` Reason: ${words}.`;
  return `This is version ${version}. It replaces the version that you have had; please use this one.${why}`;
}

function withoutLinks(record: RecordOfEngagement): RecordOfEngagement {
  const [top] = record.top_resources;
  return top !== undefined && LINK_LIKE.test(top.title) ? { ...record, top_resources: [] } : record;
}

function toFigures(record: RecordOfEngagement): MailFigure[] {
  const before = toMonthWords(toMonthOffset(record.month, -1));
  return HEADLINES.map((name) => {
    const now = record.figures[name];
    const previous = record.previous?.[name];
    const change =
      previous === undefined
        ? `no record for ${before}`
        : `${toChangeWords(now, previous)} (${before}: ${toCountWords(previous)})`;
    return { label: FIGURES[name].title, value: toCountWords(now), change };
  });
}

function toClosing({ delivery, portalUrl }: MailContext, name: string): string[] {
  const portal =
    portalUrl === "" ? [] : [`${delivery === "pdf" ? "All records of your organisation" : "Sign in"}: {link}`];
  const people =
    delivery === "pdf"
      ? ["How each figure is counted, and how complete the record is, stands in the record. It names nobody."]
      : [];
  return [...portal, ...people, `If somebody else at ${name} should get this in your place, please reply and say who.`];
}

function toSignature({ organisation, privacyContact }: MailContext, name: string): string[] {
  const contact = toPlainText(privacyContact);
  return [
    `Sent by ${toPlainText(organisation)} to the Link Officers of ${name}. Questions: reply to this message.`,
    ...(contact === "" ? [] : [`Data protection: ${contact}`]),
  ];
}
