import { z } from "zod";
import { ACCOUNT_KINDS, type AccountKind } from "../../schemas/event.ts";

/** A Partner id as imports take it. */
export const PARTNER_ID = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, { error: "must be a Partner id" });
/** Whose people: fields that every such body has. */
export const ACCOUNT_FIELDS = { acct: z.enum(ACCOUNT_KINDS).default("partner"), partner: PARTNER_ID.optional() };

/** Whose people a body is about. */
export interface BodyAccount {
  readonly acct: AccountKind;
  readonly partner?: string | undefined;
}

/** A Partner is named for its own accounts and for no other. Pure. */
export function isWhole({ acct, partner }: BodyAccount): boolean {
  return (acct === "partner") === (partner !== undefined);
}
/** What {@link isWhole} requires, in words. */
export const WHOLE = { error: "must be given for a partner account, and for no other", path: ["partner"] };
