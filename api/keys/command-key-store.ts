import { execFile, spawnSync } from "node:child_process";
import { CommandError } from "../command-io.ts";
import type { KeyName, KeyStore } from "./key-store.ts";

const FRESH_MS = 15_000;
const TIME_LIMIT_MS = 10_000;
const OUTPUT_BYTES_MAX = 16 * 1_048_576;

/**
 * Keys behind a command, such as a secret store's client: `COMMAND get NAME` prints a key (nothing: there is none),
 * `COMMAND put NAME` reads one. Run without a shell; what it prints is never logged, neither is what it says on
 * standard error.
 *
 * @param command the program and its first arguments, separated by blanks
 * @param timeLimitMs how long one call may take, ms
 */
export function openCommandKeyStore(command: string, timeLimitMs = TIME_LIMIT_MS): KeyStore {
  const [program = "", ...first] = command.split(/\s+/).filter(Boolean);
  const options = { timeout: timeLimitMs, killSignal: "SIGKILL", maxBuffer: OUTPUT_BYTES_MAX } as const;
  const toRefusal = (verb: "get" | "put", name: KeyName, why: string) =>
    new CommandError(
      `Cannot ${verb} the key "${name}": ROEBUCK_KEYS_COMMAND "${command}" ${why}. Run \`${command} get ${name}\` by hand, with its output away from the terminal: \`> /dev/null; echo $?\``,
    );
  const run = (verb: "get" | "put", name: KeyName, input?: Uint8Array): Uint8Array => {
    const ended = spawnSync(program, [...first, verb, name], { ...options, ...(input === undefined ? {} : { input }) });
    const why = toFailure(toCode(ended.error), ended.status, timeLimitMs);
    if (why !== undefined) throw toRefusal(verb, name, why);
    return ended.stdout;
  };
  const store: KeyStore = {
    freshMs: FRESH_MS,
    place: (name) => `the key "${name}" of ROEBUCK_KEYS_COMMAND "${command}"`,
    mark: () => undefined,
    read: (name) => toFound(run("get", name)),
    readLater: (name) =>
      new Promise((resolve, reject) => {
        execFile(program, [...first, "get", name], { ...options, encoding: "buffer" }, (error, out) => {
          if (error === null) return resolve(toFound(out));
          const status = typeof error.code === "number" ? error.code : null;
          const failed = error.killed === true ? "ETIMEDOUT" : toCode(error);
          return reject(toRefusal("get", name, toFailure(failed, status, timeLimitMs) ?? "failed"));
        });
      }),
    create(name, bytes) {
      if (store.read(name) === undefined) store.write(name, bytes);
    },
    write: (name, bytes) => void run("put", name, bytes),
    alone: (_name, act) => act(), // a secret store has its own rules for two writers
  };
  return store;
}

function toFound(bytes: Uint8Array): Uint8Array | undefined {
  return Buffer.from(bytes).toString("utf8").trim() === "" ? undefined : bytes;
}

/** The system's code of an error; an exit code is none. */
function toCode(error: Error | undefined): string | undefined {
  if (error === undefined) return undefined;
  if (!("code" in error)) return "unknown";
  return typeof error.code === "string" ? error.code : undefined;
}

function toFailure(code: string | undefined, status: number | null, timeLimitMs: number): string | undefined {
  if (code === "ETIMEDOUT") return `did not answer within ${timeLimitMs / 1_000} s`;
  // It ended before it had read what it was to keep: how it ended tells more than the broken pipe.
  if (code === "EPIPE" && status !== null) return status === 0 ? "did not read the key" : `ended with ${status}`;
  if (code !== undefined) return `could not be run (${code})`;
  return status === 0 ? undefined : `ended with ${status ?? "a signal"}`;
}
