import type { Context } from "hono";
import type { RequestHeaders } from "./body.ts";

/** A request as it arrives. */
export interface IncomingRequest {
  /** Names in lower case. */
  readonly headers: RequestHeaders;
  /** Address of the socket's other end. */
  readonly peer: string;
  /** For its body alone. */
  readonly request: Request;
}

interface NodeBindings {
  readonly incoming?: { readonly headers: RequestHeaders; readonly socket: { readonly remoteAddress?: string } };
}

/** The request as Node has parsed it, if Node serves it: that spares a look-up for each header. */
export function toIncoming(context: Context): IncomingRequest {
  const bindings = context.env as NodeBindings | undefined; // @hono/node-server puts it there
  const incoming = bindings?.incoming;
  return {
    headers: incoming?.headers ?? context.req.header(),
    peer: incoming?.socket.remoteAddress ?? "",
    request: context.req.raw,
  };
}

/** Where in our code an error came from: the first frame of its stack, which holds no value of any request. */
export function toPlace(error: Error): string {
  const frame = error.stack?.split("\n").find((line) => /^\s+at /.test(line)) ?? "";
  return /([\w.-]+\.[cm]?[jt]s:\d+):\d+\)?$/.exec(frame)?.[1] ?? "unknown";
}

/** Methods that a path is served for, as the Allow header lists them; empty if it is not served at all. */
export function toAllowed(methods: readonly string[]): string {
  return [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))].join(", ");
}
