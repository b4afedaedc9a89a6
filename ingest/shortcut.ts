import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";
import { refuseBody } from "./body.ts";
import type { IncomingRequest } from "./incoming.ts";

/** Serves a request of Node's server and says true, or leaves it alone and says false. */
export type Shortcut = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

/** Hosts that need no parser to tell whether they are any. */
const PLAIN_HOST = /^[a-z0-9._-]+(?::\d{4,5})?$/;
const UTF_8 = new TextDecoder();
const EMPTY = Buffer.alloc(0);

/**
 * A way past Hono for the one call that comes ten thousand times a second: to make a Request, a context and a Response
 * of a beacon takes 6 of its 50 microseconds (2026-11), and nothing is done with them.
 *
 * Only for a request with nothing special: exactly this path, a plain host, a body of a stated length that its headers
 * do not refuse. Everything else goes the long way, which knows what to do with it.
 *
 * @param answer must not reject
 */
export function createShortcut(path: string, answer: (request: IncomingRequest) => Promise<Answer>): Shortcut {
  return (incoming, outgoing) => {
    const { url, method, socket } = incoming;
    // Headers that may come as a list are never read.
    const headers = incoming.headers as IncomingRequest["headers"];
    if (url !== path || method !== "POST" || !PLAIN_HOST.test(headers.host ?? "")) return false;
    if (headers["transfer-encoding"] !== undefined || refuseBody(headers) !== undefined) return false;
    const request = { method, body: null, text: () => readText(incoming) };
    void answer({ headers, peer: socket.remoteAddress ?? "", request }).then((answered) => send(outgoing, answered));
    return true;
  };
}

/** The body, whose length Node holds to what was stated. Rejects if its sender goes away before the end. */
function readText(incoming: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const [first = EMPTY] = chunks;
      resolve(UTF_8.decode(chunks.length > 1 ? Buffer.concat(chunks) : first));
      chunks.length = 0; // else they would be held until the answer is sent
    });
    incoming.on("error", reject);
    incoming.on("close", reject); // means nothing after the end
  });
}

function send(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  outgoing.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  outgoing.end(body);
}
