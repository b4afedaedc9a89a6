import { writeAudit } from "../audit.ts";
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

/** Runs a check; a refusal is noted in the audit trail before it is thrown. */
export async function withRefusalsNoted<T>(
  service: RightsService,
  entry: { readonly actor: string; readonly action: string; readonly subject?: string },
  check: () => T | Promise<T>,
): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof RightsRefused) await writeAudit(service, { ...entry, detail: { refused: error.code } });
    throw error;
  }
}
