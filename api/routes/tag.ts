import { createHash } from "node:crypto";

/** May be kept by the caller alone, who asks each time whether it is still so. */
const KEPT = "private, no-cache";

/** The ETag of a content. Strong: the same bytes, the same tag. */
export function toTag(content: string | Uint8Array): string {
  return `"${createHash("sha256").update(content).digest("base64url").slice(0, 27)}"`;
}

/** Tells whether an If-None-Match header names a tag (RFC 9110, 13.1.2: compared weakly). Pure. */
export function isMatching(noneMatch: string, tag: string): boolean {
  const names = noneMatch.split(",").map((name) => name.trim().replace(/^W\//, ""));
  return names.includes(tag) || names.includes("*");
}

/** The answer that a caller has it already. */
export function toNotModified(tag: string): Response {
  return new Response(null, { status: 304, headers: { etag: tag, "cache-control": KEPT, vary: "Accept" } });
}

/** A good answer with its tag, or that the caller has it already. One that bears a tag keeps it. */
export async function toTagged(answer: Response, noneMatch: string): Promise<Response> {
  if (answer.status !== 200) return answer;
  const body = new Uint8Array(await answer.arrayBuffer());
  const tag = answer.headers.get("etag") ?? toTag(body);
  if (isMatching(noneMatch, tag)) return toNotModified(tag);
  const headers = new Headers(answer.headers);
  headers.set("etag", tag);
  headers.set("cache-control", KEPT);
  headers.set("vary", "Accept");
  return new Response(body, { headers });
}
