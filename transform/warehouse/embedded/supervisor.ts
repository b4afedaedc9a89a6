import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { resolve as toAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import type { AnalystTables } from "./analyst-reach.ts";
import { toEngineFolder } from "./engine-folder.ts";
import type { WarehouseUser } from "./http-front.ts";
import { THREADS_MIN } from "./lanes.ts";
import type { FromEngine, ToEngine } from "./messages.ts";
import type { Role } from "./plan.ts";
import type { NoteQuery } from "./query-note.ts";

/** What the embedded warehouse is opened with. */
export interface EmbeddedWarehouseOptions {
  /** Data folder of the engine, created for its owner alone if absent; one process at a time has it. */
  readonly folder: string;
  /** Port on loopback, kept over restarts of the engine; 0 or absent for any free one. */
  readonly port?: number;
  /** Who may come in; told to the engine over IPC, on no command line and in no environment. */
  readonly users: readonly EngineUser[];
  /** What users of the role analyst may read: some tables of one database. Absent: nothing. */
  readonly analystTables?: AnalystTables;
  /** What the engine may use, in bytes; 2 GiB if absent. */
  readonly memoryBytesMax?: number;
  /** The only folder that BACKUP writes to and RESTORE reads from; without it there are no backups. */
  readonly backupsFolder?: string;
  /** Told of each query of an analyst over the tables, and of each that was refused. What it refuses to note is not answered. */
  readonly noteQuery?: NoteQuery;
  /** Told of each start and end of the engine's process. */
  readonly onEvent?: (event: WarehouseEvent) => void;
}

/** Someone who may come in, with a password or what it is checked against. */
export type EngineUser = { readonly name: string; readonly role: Role } & (
  | { readonly password: string }
  | { readonly passwordSha256: string }
);

/** What happened to the engine's process. */
export interface WarehouseEvent {
  readonly kind: "started" | "died" | "restarting" | "stopped";
  /** 0 if all that was under way had ended. */
  readonly exitCode?: number | null;
  readonly signal?: string | null;
}

/** A running embedded warehouse: any ClickHouse client speaks to it at `url`. */
export interface EmbeddedWarehouse extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The engine's process of this moment: another one after a restart. */
  readonly pid: number;
  /** Says who may come in from now on, also after a restart of the engine. */
  setUsers(users: readonly EngineUser[]): void;
}

const MEMORY_BYTES_DEFAULT = 2 * 1024 ** 3;
const STOP_TIMEOUT_MS = 9_000;
const RESTART_DELAY_MS_MIN = 100;
const RESTART_DELAY_MS_MAX = 10_000;

/** Only what a process needs to run: no setting or secret of ours; the zone, because DateTime follows the host's. */
function toEnvironment(): Record<string, string> {
  const { PATH = "", TMPDIR = "/tmp" } = process.env;
  return { PATH, TMPDIR, TZ: "UTC", UV_THREADPOOL_SIZE: String(THREADS_MIN) };
}

function startProcess(options: EmbeddedWarehouseOptions): ChildProcess {
  return fork(fileURLToPath(new URL("./engine-process.ts", import.meta.url)), [], {
    cwd: toEngineFolder(toAbsolute(options.folder)).empty,
    env: toEnvironment(),
    execArgv: [],
    // What the engine prints can quote literals of statements: it goes nowhere.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
}

function toUsers(users: readonly EngineUser[]): WarehouseUser[] {
  return users.map((user) => ({
    name: user.name,
    role: user.role,
    passwordSha256: "password" in user ? createHash("sha256").update(user.password).digest("hex") : user.passwordSha256,
  }));
}

function toOpen(options: EmbeddedWarehouseOptions, port: number): ToEngine {
  return {
    kind: "open",
    folder: toAbsolute(options.folder),
    port,
    users: toUsers(options.users),
    analystTables: options.analystTables,
    memoryBytesMax: options.memoryBytesMax ?? MEMORY_BYTES_DEFAULT,
    backupsFolder: options.backupsFolder === undefined ? undefined : toAbsolute(options.backupsFolder),
    notes: options.noteQuery !== undefined,
  };
}

/** Tells a new process to open, and waits until it listens. */
function untilReady(child: ChildProcess, message: ToEngine): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("message", (answer: FromEngine) => {
      if (answer.kind === "ready") resolve(answer.port);
      else reject(new Error(answer.kind === "failed" ? answer.message : "Cannot open the warehouse: it was closed"));
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      reject(new Error(`Cannot open the warehouse: its process must not end at start (exit ${code ?? signal})`));
    });
    child.send(message, (error) => {
      if (error !== null) reject(error);
    });
  });
}

function untilExit(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", () => resolve());
  });
}

/** Keeps one engine process running, from a first good start until it is stopped. */
class Supervisor implements EmbeddedWarehouse {
  #options: EmbeddedWarehouseOptions;
  readonly port: number;
  #child: ChildProcess;
  #isStopping = false;
  #delayMs = RESTART_DELAY_MS_MIN;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EmbeddedWarehouseOptions, port: number, child: ChildProcess) {
    this.#options = options;
    this.port = port;
    this.#child = child;
    this.#watch(child);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  setUsers(users: readonly EngineUser[]): void {
    this.#options = { ...this.#options, users };
    const child = this.#child;
    const message: ToEngine = { kind: "users", users: toUsers(users) };
    if (child.connected) child.send(message, () => {}); // gone already: the next one is opened with them
  }

  #tell(event: WarehouseEvent): void {
    this.#options.onEvent?.(event);
  }

  #watch(child: ChildProcess): void {
    this.#tell({ kind: "started" });
    let isClosed = false;
    child.on("message", (message: FromEngine) => {
      if (message.kind === "closed") isClosed = true;
      if (message.kind === "asked") void this.#note(child, message);
    });
    child.once("exit", (exitCode, signal) => {
      // It kills itself when all is done, because the engine can hang at its exit.
      const how = isClosed ? { exitCode: 0, signal: null } : { exitCode, signal };
      this.#tell({ kind: this.#isStopping ? "stopped" : "died", ...how });
      this.#restartLater();
    });
  }

  async #note(child: ChildProcess, { id, query }: Extract<FromEngine, { kind: "asked" }>): Promise<void> {
    const isNoted = await (this.#options.noteQuery?.(query) ?? Promise.reject()).then(
      () => true,
      () => false, // whoever notes has said why; the analyst is told that it was not
    );
    if (child.connected) child.send({ kind: "noted", id, isNoted } satisfies ToEngine, () => {}); // gone: nobody waits
  }

  #restartLater(): void {
    if (this.#isStopping) return;
    this.#timer = setTimeout(() => this.#restart(), this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, RESTART_DELAY_MS_MAX);
  }

  async #restart(): Promise<void> {
    this.#tell({ kind: "restarting" });
    const child = startProcess(this.#options);
    this.#child = child;
    try {
      await untilReady(child, toOpen(this.#options, this.port));
    } catch {
      child.kill("SIGKILL");
      await untilExit(child);
      return this.#restartLater();
    }
    this.#delayMs = RESTART_DELAY_MS_MIN;
    this.#watch(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    if (child.connected) child.send({ kind: "close" } satisfies ToEngine, () => {}); // gone already is what is wanted
    await untilExit(child);
    clearTimeout(timer);
  }
}

/**
 * Opens a ClickHouse that lives in a process of its own beside this one, and speaks ClickHouse's HTTP interface on
 * loopback: the rest of the product, and every ClickHouse tool, cannot tell it from a server.
 *
 * The process is started again when it dies, on the same port and folder; acknowledged rows are still there. It ends
 * with this process, whichever way that ends.
 *
 * @throws Error if the folder is another process's, cannot be loaded, or the port is taken
 */
export async function openEmbeddedWarehouse(options: EmbeddedWarehouseOptions): Promise<EmbeddedWarehouse> {
  const { empty } = toEngineFolder(toAbsolute(options.folder));
  await mkdir(empty, { recursive: true, mode: 0o700 });
  const child = startProcess(options);
  try {
    const port = await untilReady(child, toOpen(options, options.port ?? 0));
    return new Supervisor(options, port, child);
  } catch (error) {
    child.kill("SIGKILL");
    await untilExit(child);
    throw error;
  }
}
