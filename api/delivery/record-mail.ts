import { createHash } from "node:crypto";
import { type ChartPicture, toChartPicture } from "../../reporting/chart-picture.ts";
import { CHART_ID, toMail } from "../../reporting/mail.ts";
import type { MailContext } from "../../reporting/mail-words.ts";
import type { EpochMs } from "../../schemas/ids.ts";
import type { MailMessage, MailPart } from "../../schemas/ports.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import type { RecordStyle } from "../house-style.ts";
import { toRecordFiles } from "../records/record-files.ts";

/** The list that mail about records belongs to. */
export const RECORDS_LIST = "Records of Engagement";

/** Pixels that a chart is shown at. */
const CHART_SIZE = { width: 600, height: 240 } as const;

/** The files of a record's mail, drawn once for all officers of a Partner. */
export interface RecordParts {
  readonly record: RecordOfEngagement;
  readonly style: RecordStyle;
  pdf(): Promise<MailPart>;
}

/** Who gets a mail, and what it says beside the record. */
export interface RecordMailOrder {
  readonly to: { readonly name: string; readonly email: string; readonly officer: string };
  readonly context: MailContext;
  readonly atMs: EpochMs;
}

/** Prepares a record to be mailed; the PDF is drawn when the first officer needs it. */
export function toRecordParts(record: RecordOfEngagement, style: RecordStyle): RecordParts {
  let drawn: Promise<MailPart> | undefined;
  const draw = async (): Promise<MailPart> => {
    const [file] = await toRecordFiles(record, "pdf", style);
    const name = `record-of-engagement-${toFileWord(record.partner.id)}-${record.month}-v${record.version}.pdf`;
    return { name, mediaType: "application/pdf", bytes: file?.bytes ?? new Uint8Array() };
  };
  return {
    record,
    style,
    pdf() {
      drawn ??= draw();
      return drawn;
    },
  };
}

/**
 * The mail about a record for one officer. Its key follows from Partner, month, version and officer, so that whoever
 * gets it twice, because a process was killed between the server's answer and the note of it, can tell.
 */
export async function toRecordMail(
  { record, style, pdf }: RecordParts,
  { to, context, atMs }: RecordMailOrder,
): Promise<MailMessage> {
  const { subject, text, html, chart } = toMail(record, context, CHART_SIZE, style.palette);
  const parts: MailPart[] = [];
  if (chart !== undefined) parts.push(toPicturePart(toChartPicture(chart, style.palette)));
  if (context.delivery === "pdf") parts.push(await pdf());
  return {
    to: { name: to.name, address: to.email },
    subject,
    text,
    html,
    parts,
    key: toMailKey(record, to.officer),
    atMs,
    list: RECORDS_LIST,
  };
}

/** Left of the `@` of the Message-ID; names nobody. */
export function toMailKey({ partner, month, version }: RecordOfEngagement, officer: string): string {
  const print = createHash("sha256").update([partner.id, month, version, officer].join("\n")).digest("hex");
  return `record.${month}.v${version}.${print.slice(0, 32)}`;
}

function toPicturePart({ png }: ChartPicture): MailPart {
  return { name: "chart.png", mediaType: "image/png", bytes: png, contentId: CHART_ID };
}

function toFileWord(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]/g, "-");
}
