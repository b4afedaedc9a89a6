import { randomUUID } from "node:crypto";
import type { SendMailOptions } from "nodemailer";
import type { MailAddress, MailMessage } from "../../schemas/ports.ts";

/** Who mail comes from and where answers go. */
export interface LetterHead {
  readonly from: MailAddress;
  /** Empty: where it comes from. */
  readonly replyTo: string;
}

/**
 * A mail as nodemailer takes it: the text first, the HTML beside it, pictures of the HTML within it, files after it.
 * Nothing in it is read from a path or an address.
 */
export function toLetter(message: MailMessage, { from, replyTo }: LetterHead): SendMailOptions {
  const domain = from.address.slice(from.address.lastIndexOf("@") + 1);
  return {
    from,
    ...(replyTo === "" ? {} : { replyTo }),
    to: message.to,
    subject: message.subject,
    text: message.text,
    ...(message.html === undefined ? {} : { html: message.html }),
    attachments: (message.parts ?? []).map(({ name, mediaType, bytes, contentId }) => ({
      filename: name,
      contentType: mediaType,
      content: Buffer.from(bytes),
      ...(contentId === undefined ? {} : { cid: contentId, contentDisposition: "inline" as const }),
    })),
    messageId: `<${message.key ?? randomUUID()}@${domain}>`,
    ...(message.atMs === undefined ? {} : { date: new Date(message.atMs) }),
    headers: message.list === undefined ? {} : toListHeaders(message.list, domain),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** RFC 2919 names the list, so that people can file it; RFC 3834 and its older fellow keep absence notes from coming back. */
function toListHeaders(list: string, domain: string): Record<string, string> {
  const label = list.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return {
    "List-Id": `${list} <${label}.${domain}>`,
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "OOF, AutoReply",
  };
}
