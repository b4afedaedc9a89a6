import { randomUUID } from "node:crypto";
import { join } from "node:path";
import nodemailer from "nodemailer";
import { MailDelayed, type Mailer } from "../../schemas/ports.ts";
import { putFile } from "../records/put-file.ts";
import { type LetterHead, toLetter } from "./letter-head.ts";

/**
 * Writes each mail as an `.eml` file, as any mail program opens it: nothing leaves the machine. The file has the mail's
 * key for a name, so that a repeat replaces it. Files 0600, the folder 0700.
 */
export function openOutboxMailer(folder: string, head: LetterHead): Mailer {
  const composer = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: "windows" });
  return {
    via: "outbox",
    async send(message) {
      const key = message.key ?? randomUUID();
      const { message: letter } = await composer.sendMail(toLetter({ ...message, key }, head));
      try {
        // `buffer` above makes it bytes
        putFile(join(folder, `${toFileName(key)}.eml`), letter as Buffer);
      } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : "";
        throw new MailDelayed({ reason: `the outbox cannot be written (${code})`, code: 0, isForAll: true });
      }
    },
    async [Symbol.asyncDispose]() {
      composer.close();
    },
  };
}

function toFileName(key: string): string {
  return key.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_");
}
