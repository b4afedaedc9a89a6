import { readFileSync, statSync } from "node:fs";
import type { Settings } from "../../schemas/settings.ts";
import { CommandError } from "../command-io.ts";

const SECRET_LENGTH_MIN = 32;
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** Where notices go. */
export interface WebhookTarget {
  readonly url: URL;
  /** The secret as it is in the file now, so that it can be changed while this runs. Throws CommandError. */
  secret(): string;
}

/**
 * Where the settings say that notices go; `undefined` if nowhere. Its secret is read once, so that a wrong one refuses
 * the start.
 *
 * @throws CommandError if the address is neither https nor on loopback, or the secret is missing, short or open to others
 */
export function openWebhookTarget({
  webhookUrl,
  webhookSecretFile,
}: Pick<Settings, "webhookUrl" | "webhookSecretFile">): WebhookTarget | undefined {
  if (webhookUrl === "") return undefined;
  const url = URL.parse(webhookUrl);
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && LOOPBACK.includes(url.hostname));
  if (url === null || !isSafe || url.username !== "" || url.password !== "")
    throw new CommandError(
      "Cannot use ROEBUCK_WEBHOOK_URL: it must be an https address (http on loopback only), without a name or password in it.",
    );
  const secret = () => readSecret(webhookSecretFile);
  secret();
  return { url, secret };
}

function readSecret(file: string): string {
  if (file === "")
    throw new CommandError(
      "Cannot sign what ROEBUCK_WEBHOOK_URL is told: name a file with the secret in ROEBUCK_WEBHOOK_SECRET_FILE.",
    );
  let text: string;
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      throw new CommandError(
        `Cannot use "${file}" of ROEBUCK_WEBHOOK_SECRET_FILE: others can read it. Run: chmod 600 ${file}`,
      );
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : "unknown";
    throw new CommandError(
      `Cannot read "${file}" of ROEBUCK_WEBHOOK_SECRET_FILE: ${code}. Name a file that can be read.`,
    );
  }
  if (text.length < SECRET_LENGTH_MIN)
    throw new CommandError(
      `Cannot use "${file}" of ROEBUCK_WEBHOOK_SECRET_FILE: it must hold at least ${SECRET_LENGTH_MIN} characters. Make one with: openssl rand -hex 32`,
    );
  return text;
}
