import { maskId } from "../ingest/mask.ts";

/** Longest remark kept, characters. */
const LENGTH_MAX = 500;

/**
 * A remark, reason or reference that somebody typed, as it may be kept: it is asked to name nobody, and what looks like an
 * e-mail address, a telephone number or a token is masked all the same. Numbers of letters and cases stay.
 *
 * Pure.
 */
export function toRemark(text: string): string {
  return maskId(text.trim(), LENGTH_MAX);
}
