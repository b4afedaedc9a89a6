import { BODY_BYTES_MAX } from "../schemas/beacon.ts";
import type { Refusal } from "./problem.ts";

/** Headers of a request by their names in lower case. Those that may come as a list (cookies) are never read. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

const MEDIA_TYPE = /^\s*(?:text\/plain|application\/json)\s*(?:;|$)/i;

/**
 * Refuses a body by its headers, before a byte of it is read: other media types, anything compressed (a small body
 * must not become a large one), and lengths above the limit.
 *
 * @param bytesMax largest body; that of a beacon if absent
 * @param mediaType text/plain or JSON if absent
 */
export function refuseBody(
  headers: RequestHeaders,
  bytesMax = BODY_BYTES_MAX,
  mediaType = MEDIA_TYPE,
): Refusal | undefined {
  if (!mediaType.test(headers["content-type"] ?? "")) return { refused: "media_type" };
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "identity") return { refused: "media_type" };
  return Number(headers["content-length"] ?? 0) > bytesMax ? { refused: "body_too_large" } : undefined;
}

/**
 * The body as text. One of a known length is read as it comes, since the server holds it to that length; one in
 * chunks is counted, and left as soon as it is too large.
 *
 * @param bytesMax as above
 */
export async function readBody(
  request: Request,
  headers: RequestHeaders,
  bytesMax = BODY_BYTES_MAX,
): Promise<{ readonly text: string } | Refusal> {
  try {
    if (headers["transfer-encoding"] === undefined) return { text: await request.text() };
    return await readChunks(request, bytesMax);
  } catch {
    return { refused: "body_invalid", detail: "The body ended too early." };
  }
}

async function readChunks(request: Request, bytesMax: number): Promise<{ readonly text: string } | Refusal> {
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > bytesMax) return { refused: "body_too_large" };
    chunks.push(value);
  }
  return { text: Buffer.concat(chunks).toString("utf8") };
}
