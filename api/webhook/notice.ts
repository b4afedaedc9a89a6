import { createHmac } from "node:crypto";
import { z } from "zod";
import { MONTH } from "../routes/month.ts";

/** The header with the signature. */
export const SIGNATURE_HEADER = "Roebuck-Signature";

/** What a notice tells: which record, never what is in it. Whoever gets it fetches the record with a key of its own. */
export const NOTICE = z.object({
  id: z.string().describe("The same each time that this is told: `acme:2026-10:2`."),
  type: z.enum(["record.closed", "record.restated"]),
  partner: z.string(),
  month: MONTH,
  version: z.number().int().min(1),
  closed_at: z.iso.datetime(),
});
/** As {@link NOTICE}. */
export type Notice = z.infer<typeof NOTICE>;

/** A version of a record that was closed. */
export interface ClosedVersion {
  readonly partner: string;
  readonly month: string;
  readonly version: number;
  /** UTC. */
  readonly closedMs: number;
}

/** What is told of a version. Pure. */
export function toNotice({ partner, month, version, closedMs }: ClosedVersion): Notice {
  return {
    id: `${partner}:${month}:${version}`,
    type: version === 1 ? "record.closed" : "record.restated",
    partner,
    month,
    version,
    closed_at: new Date(closedMs).toISOString(),
  };
}

/**
 * The signature of a body: `t=SECONDS,v1=HEX`, where HEX is the HMAC-SHA-256 under the secret of the seconds, a full
 * stop and the body. The time is signed, so that a receiver can refuse what is old. Pure.
 *
 * @param atS seconds since 1970, UTC
 */
export function toSignature(secret: string, atS: number, body: string): string {
  return `t=${atS},v1=${createHmac("sha256", secret).update(`${atS}.${body}`).digest("hex")}`;
}
