import { createHmac, timingSafeEqual } from "node:crypto";
import type { EpochMs } from "../../schemas/ids.ts";

/** How long a confirmation code is good, ms. */
export const CODE_LIFE_MS = 15 * 60_000;
const PRINT_LENGTH = 16;

/** What is said of a confirmation code. */
export type CodeOutcome = { readonly issuedMs: number } | "wrong" | "expired";

/**
 * The code that confirms one act on one key for {@link CODE_LIFE_MS}. It says when it was made; nothing has to be kept.
 *
 * Pure.
 *
 * @param what the act, with the fingerprint of the key that it is about
 */
export function toConfirmationCode(key: Uint8Array, what: string, nowMs: EpochMs): string {
  return toCode(key, what, nowMs);
}

/** Checks a code. Pure. */
export function parseConfirmationCode(key: Uint8Array, what: string, code: string, nowMs: EpochMs): CodeOutcome {
  const issuedMs = Number.parseInt(code.split("-")[0] ?? "", 36);
  if (!Number.isSafeInteger(issuedMs)) return "wrong";
  const [given, wanted] = [Buffer.from(code), Buffer.from(toCode(key, what, issuedMs))];
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return "wrong";
  return nowMs < issuedMs || nowMs - issuedMs > CODE_LIFE_MS ? "expired" : { issuedMs };
}

function toCode(key: Uint8Array, what: string, issuedMs: number): string {
  const print = createHmac("sha256", key).update(`${issuedMs}\n${what}`).digest("hex").slice(0, PRINT_LENGTH);
  return `${issuedMs.toString(36)}-${print}`;
}
