import { randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { runAudited } from "./audited.ts";
import type { CommandArguments, ServiceCommand } from "./command.ts";
import { CommandError, type CommandIo, UsageError } from "./command-io.ts";
import type { Service } from "./service.ts";

/** Where a running service can be reached by commands on the same data folder. The file is 0600: it holds a secret. */
const CONTROL_FILE = z.object({ pid: z.number(), port: z.number(), secret: z.string() });

const CALL = z.object({
  command: z.string(),
  operands: z.record(z.string(), z.string()),
  flags: z.record(z.string(), z.string()),
  switches: z.array(z.string()),
  actor: z.string().max(100),
});

const FRAME = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("line"), text: z.string() }),
  z.object({ kind: z.literal("warn"), text: z.string() }),
  z.object({ kind: z.literal("bytes"), base64: z.string() }),
  z.object({ kind: z.literal("progress"), label: z.string(), done: z.number(), total: z.number() }),
  z.object({ kind: z.literal("refused"), text: z.string(), usage: z.boolean() }),
  z.object({ kind: z.literal("exit"), code: z.number() }),
]);
type Frame = z.infer<typeof FRAME>;

function controlFile(dataDir: string): string {
  return join(dataDir, "service.json");
}

/** Takes commands for a running service on loopback, for whoever can read the 0600 file in the data folder. */
export async function openControl(
  dataDir: string,
  service: Service,
  commands: readonly ServiceCommand[],
): Promise<AsyncDisposable> {
  const secret = randomBytes(32).toString("base64url");
  const server = createServer((incoming, answer) => {
    void serveCall(incoming, answer, { secret, service, commands });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo; // a TCP server that listens
  const file = controlFile(dataDir);
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify({ pid: process.pid, port, secret }), { mode: 0o600 });
  return {
    async [Symbol.asyncDispose]() {
      rmSync(file, { force: true });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serveCall(
  incoming: IncomingMessage,
  answer: ServerResponse,
  parts: { secret: string; service: Service; commands: readonly ServiceCommand[] },
): Promise<void> {
  const given = Buffer.from(incoming.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${parts.secret}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    answer.writeHead(401).end();
    return;
  }
  const aborted = new AbortController();
  answer.on("close", () => aborted.abort());
  answer.writeHead(200, { "content-type": "application/x-ndjson" });
  const send = (frame: Frame): boolean => answer.write(`${JSON.stringify(frame)}\n`);
  try {
    const call = CALL.parse(JSON.parse(await readText(incoming)));
    const command = parts.commands.find((candidate) => candidate.name === call.command);
    if (command === undefined)
      throw new CommandError(
        `The running service does not know "${call.command}": it may be of another version. Restart it.`,
      );
    const args = { operands: call.operands, flags: call.flags, switches: new Set(call.switches) };
    send({
      kind: "exit",
      code: await runAudited(command, parts.service, args, toFrames(send, answer, call.actor, aborted.signal)),
    });
  } catch (error) {
    send({
      kind: "refused",
      text: error instanceof Error ? error.message : String(error),
      usage: error instanceof UsageError,
    });
  }
  answer.end();
}

function toFrames(
  send: (frame: Frame) => boolean,
  answer: ServerResponse,
  actor: string,
  signal: AbortSignal,
): CommandIo {
  return {
    line: (text) => void send({ kind: "line", text }),
    warn: (text) => void send({ kind: "warn", text }),
    progress: (label, done, total) => void send({ kind: "progress", label, done, total }),
    actor,
    signal,
    async bytes(chunk) {
      const room = send({ kind: "bytes", base64: Buffer.from(chunk).toString("base64") });
      if (!room && !signal.aborted) {
        await new Promise<void>((resolve) => {
          answer.once("drain", resolve);
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      }
    },
  };
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer); // no encoding is set, so chunks are Buffers
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Runs a command inside the service that holds the data folder.
 *
 * @returns the exit code, or `undefined` if no service runs there
 * @throws CommandError with the service's own words if it refused
 */
export async function callService(
  dataDir: string,
  command: string,
  args: CommandArguments,
  io: CommandIo,
): Promise<number | undefined> {
  const found = readControlFile(dataDir);
  if (found === undefined) return undefined;
  const answer = await connect(
    found,
    JSON.stringify({ command, ...args, switches: [...args.switches], actor: io.actor }),
    io.signal,
  );
  if (answer === undefined) return undefined;
  for await (const text of createInterface({ input: answer })) {
    const frame = FRAME.parse(JSON.parse(text));
    switch (frame.kind) {
      case "line":
        io.line(frame.text);
        break;
      case "warn":
        io.warn(frame.text);
        break;
      case "bytes":
        await io.bytes(Buffer.from(frame.base64, "base64"));
        break;
      case "progress":
        io.progress(frame.label, frame.done, frame.total);
        break;
      case "refused":
        throw frame.usage ? new UsageError(frame.text) : new CommandError(frame.text);
      case "exit":
        return frame.code;
    }
  }
  throw new CommandError(
    `The running service ended before "${command}" was done. Look at its log, then repeat the command: it is safe to repeat.`,
  );
}

function readControlFile(dataDir: string): z.infer<typeof CONTROL_FILE> | undefined {
  try {
    return CONTROL_FILE.parse(JSON.parse(readFileSync(controlFile(dataDir), "utf8")));
  } catch {
    return undefined; // absent, or left half-written by a crash: no service can be reached through it
  }
}

function connect(
  found: z.infer<typeof CONTROL_FILE>,
  body: string,
  signal: AbortSignal,
): Promise<IncomingMessage | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: "127.0.0.1",
        port: found.port,
        method: "POST",
        path: "/",
        headers: { authorization: `Bearer ${found.secret}` },
        signal,
      },
      (answer) => resolve(answer.statusCode === 200 ? answer : undefined), // another program may have got the port of a dead service
    );
    call.on("error", (error) => {
      if ("code" in error && error.code === "ECONNREFUSED") resolve(undefined);
      else reject(error);
    });
    call.end(body);
  });
}
