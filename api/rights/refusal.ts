import { UNKNOWN_SUBJECT, writeAudit } from "../audit.ts";
import { CommandError } from "../command-io.ts";
import type { Service } from "../service.ts";

/** What the rights commands need of the service. */
export type RightsService = Pick<
  Service,
  "settings" | "clock" | "warehouse" | "log" | "keyFiles" | "journal" | "decide" | "drain"
>;

/** Why an act on a person's rights is refused. */
export type RefusalCode =
  | "partner_unknown"
  | "partner_needed"
  | "no_instruction"
  | "legal_hold"
  | "consent_in_force"
  | "request_unknown"
  | "request_closed"
  | "request_other_partner"
  | "nobody_named"
  | "salt_missing"
  | "not_possible";

/** An act on a person's rights that may not be done as things are. The message names no person. */
export class RightsRefused extends CommandError {
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What is tried, in words that somebody has given: nobody has looked whether they are on file. */
export interface TriedAct {
  readonly actor: string;
  readonly action: string;
  /** The request that it is said to answer. */
  readonly request?: string | undefined;
  /** The Partner whose people are meant; empty for subscriber and public accounts. */
  readonly partner?: string;
}

/** Runs a check; a refusal is noted in the audit trail before it is thrown. */
export async function withRefusalsNoted<T>(
  service: RightsService,
  tried: TriedAct,
  check: () => T | Promise<T>,
): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof RightsRefused) {
      const { actor, action } = tried;
      const subject = await toSubject(service, tried);
      await writeAudit(service, { actor, action, subject, detail: { refused: error.code } });
    }
    throw error;
  }
}

/** The request or, without one, the Partner, if there is such a one. Any other word might name a person. */
async function toSubject({ warehouse, journal }: RightsService, { request, partner = "" }: TriedAct): Promise<string> {
  if (request === undefined) return partner === "" || journal().partners.has(partner) ? partner : UNKNOWN_SUBJECT;
  const [row] = await warehouse.rows<{ c: string }>({
    sql: "SELECT count() AS c FROM requests WHERE id = {id:String}",
    parameters: { id: request },
  });
  return Number(row?.c ?? 0) > 0 ? request : UNKNOWN_SUBJECT;
}
