import { createHash, randomBytes } from "node:crypto";

const SECRET_BYTES = 32;
const FORM = /^[A-Za-z0-9_-]{43}$/;

/** What a link or a cookie carries: 256 random bits as base64url. */
export function newPortalSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

/** Whether a text can be one of ours; saves a look-up for anything else. Pure. */
export function isPortalSecret(text: string): boolean {
  return FORM.test(text);
}

/**
 * What is kept of one, 64 hex digits. SHA-256 without salt or cost is right for 256 random bits, which nobody can try
 * out.
 *
 * @see OWASP ASVS 5.0, 11.4.2: slow hashes are for passwords
 */
export function toSecretHash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
