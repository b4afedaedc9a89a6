import { createHmac } from "node:crypto";
import type { EventId } from "../schemas/ids.ts";

/**
 * The id of an event that came without one: a UUID of version 8 from a keyed hash of what makes it the same event.
 * Keyed, because a bare hash over a user id would let anyone test guesses. Pure.
 *
 * @param text begins with a word for the kind of event, so that no two kinds share an id
 * @see RFC 9562 5.8
 */
export function toDerivedId(sealKey: Uint8Array, text: string): EventId {
  const bytes = createHmac("sha256", sealKey).update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") as EventId; // built as one
}
