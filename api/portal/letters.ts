import { toPlainText } from "../../reporting/words.ts";
import type { MailAddress, MailMessage } from "../../schemas/ports.ts";

/** Minutes that a link to sign in with is good for. */
export const SIGN_IN_MINUTES = 15;
/** Hours that somebody who is asked to become a Link Officer has to agree. */
export const JOIN_HOURS = 72;

/** What every letter of the portal needs. */
export interface LetterParts {
  readonly to: MailAddress;
  /** Name of who runs the site. */
  readonly organisation: string;
}

/** Takes a name as it is on file to where a mail shows it: one harmless line. */
export function toMailTo({ name, email }: { readonly name: string; readonly email: string }): MailAddress {
  return { name: toPlainText(name), address: email };
}

/** The mail with the link to sign in. Pure. */
export function toSignInLetter({ to, organisation }: LetterParts, link: string): MailMessage {
  return {
    to,
    subject: "Your link to sign in",
    text: toText(to, [
      "Open this link to sign in to your Partner's Records of Engagement:",
      link,
      `It is good for ${SIGN_IN_MINUTES} minutes and for one sign-in.`,
      "If you did not ask for it, you need do nothing: without the link nobody gets in.",
      organisation,
    ]),
  };
}

/** The mail to somebody whom a Link Officer has named as another. Pure. */
export function toJoinLetter(
  { to, organisation }: LetterParts,
  { link, partner, by }: { readonly link: string; readonly partner: string; readonly by: string },
): MailMessage {
  const [title, who] = [toPlainText(partner), toPlainText(by)];
  return {
    to,
    subject: `Become a Link Officer of ${title}?`,
    text: toText(to, [
      `${who} has named you as a Link Officer of ${title}. A Link Officer gets the Record of Engagement of each month by e-mail, can read all records, and can name other Link Officers.`,
      "To agree, open this link:",
      link,
      `It is good for ${JOIN_HOURS} hours. If you do not want this, do nothing: you will get no other mail.`,
      organisation,
    ]),
  };
}

/** The mail that tells Link Officers of a Partner, and who was taken off, what has changed. Pure. */
export function toChangeLetter(
  { to, organisation }: LetterParts,
  { partner, change, where }: { readonly partner: string; readonly change: string; readonly where: string },
): MailMessage {
  const title = toPlainText(partner);
  return {
    to,
    subject: `A change at ${title}`,
    text: toText(to, [
      change,
      `Link Officers can look at it here: ${where}`,
      "If this is not right, answer this mail.",
      organisation,
    ]),
  };
}

function toText({ name }: MailAddress, parts: readonly string[]): string {
  return `${[name === "" ? "Hello," : `Dear ${name},`, ...parts].join("\n\n")}\n`;
}
