import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { toProblem } from "../schemas/errors.ts";

/** Where and how to listen. */
export interface ServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Longest time for a whole request to arrive, ms (default 10,000). */
  readonly requestMsMax?: number;
  /** How often slow requests are looked for, ms (default 1,000). */
  readonly requestCheckMs?: number;
  /** Most sockets open at once (default 4,096). */
  readonly connectionsMax?: number;
  /** Longest time that a close waits for requests in flight, ms (default 8,000). */
  readonly closeMsMax?: number;
}

/** A server that listens. */
export interface CollectorServer extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
  /** Stops listening, lets requests in flight finish, then resolves. The same as disposing. */
  close(): Promise<void>;
}

const HEADER_BYTES_MAX = 16_384;
const KEEP_ALIVE_MS = 10_000;
const CLOSE_POLL_MS = 25;

/**
 * Serves an app over HTTP with limits on everything that a stranger can stretch: bytes of headers, time for a
 * request, sockets. Node's own defaults are minutes, and would let a few thousand slow sockets keep everyone out.
 *
 * @throws if the address cannot be listened on
 */
export async function openServer(app: Pick<Hono, "fetch">, options: ServerOptions): Promise<CollectorServer> {
  const requestMsMax = options.requestMsMax ?? 10_000;
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: requestMsMax,
      requestTimeout: requestMsMax,
      connectionsCheckingInterval: options.requestCheckMs ?? 1_000,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
  }) as Server; // of node:http: no other kind was asked for
  server.maxConnections = options.connectionsMax ?? 4_096;
  server.on("clientError", answerBrokenRequest);
  await listen(server, options);
  const { port, address } = server.address() as AddressInfo; // it listens on TCP
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeGently(server, options.closeMsMax ?? 8_000);
    return closing;
  };
  return { port, address, close, [Symbol.asyncDispose]: close };
}

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(new Error(`Cannot listen on ${host}:${port}: the address must exist and be free.`, { cause: error })),
    );
    server.listen(port, host, resolve);
  });
}

/** Stops listening; idle sockets go at once, busy ones when they have their answer, all of them at the limit. */
function closeGently(server: Server, closeMsMax: number): Promise<void> {
  return new Promise((resolve) => {
    const poll = setInterval(() => server.closeIdleConnections(), CLOSE_POLL_MS);
    const limit = setTimeout(() => server.closeAllConnections(), closeMsMax);
    server.close(() => {
      clearInterval(poll);
      clearTimeout(limit);
      resolve();
    });
  });
}

/** Answers what Node could not read as a request, and closes the socket. Says nothing of what it was. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const problem =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? toProblem("request_timeout")
      : toProblem("body_invalid", "The request is not HTTP that can be read.");
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    "content-type: application/problem+json",
    "cache-control: no-store",
    "x-content-type-options: nosniff",
    "connection: close",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
