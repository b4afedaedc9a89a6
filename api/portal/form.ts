import type { Context } from "hono";
import { readBody } from "../../ingest/body.ts";
import { toIncoming } from "../../ingest/incoming.ts";
import { isRefusal } from "../../ingest/problem.ts";
import type { PortalBase } from "./portal-base.ts";

const FORM_BYTES_MAX = 8_192;
const MEDIA_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/**
 * Whether a form comes from a page of ours: browsers say with every POST where it began. SameSite=Strict cookies keep
 * other sites out as well; this keeps out those that share the domain. One that says neither is refused.
 *
 * @see OWASP ASVS 5.0, 3.5.1
 */
export function isOwnForm(context: Context, { origin }: Pick<PortalBase, "origin">): boolean {
  const said = context.req.header("origin");
  if (said !== undefined) return said === origin;
  return context.req.header("sec-fetch-site") === "same-origin";
}

/** The fields of a form; the status to refuse it with if it is none, or too long. Each value is text from outside. */
export async function readForm(context: Context): Promise<URLSearchParams | 400 | 413> {
  const { headers, request } = toIncoming(context);
  if (!MEDIA_TYPE.test(headers["content-type"] ?? "") || (headers["content-encoding"] ?? "") !== "") return 400;
  if (Number(headers["content-length"] ?? 0) > FORM_BYTES_MAX) return 413;
  const read = await readBody(request, headers, FORM_BYTES_MAX);
  if (isRefusal(read)) return read.refused === "body_too_large" ? 413 : 400;
  return new URLSearchParams(read.text);
}
