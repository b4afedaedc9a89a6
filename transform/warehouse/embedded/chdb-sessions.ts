import { Session } from "chdb";
import { LANES, type LaneName, STATEMENT_BYTES_MAX } from "./lanes.ts";
import { toAssignments, toIdentifier, toStringLiteral } from "./values.ts";

/** What a session must be before a statement runs in it; all of it is undone after. */
export interface Preparation {
  readonly database?: string | undefined;
  readonly settings: ReadonlyMap<string, string>;
  readonly params: ReadonlyMap<string, string>;
}

/** A finished statement's answer. */
export interface EngineResult {
  readonly bytes: Uint8Array;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly elapsedSeconds: number;
}

/** One session of the engine, lent for one request: give it back with `await using`. */
export class Lease implements AsyncDisposable {
  readonly #session: Session;
  readonly #opening: ReadonlyMap<string, string>;
  readonly #giveBack: (session: Session | undefined) => void;
  #undo: string[] = [];
  #isSpoiled = false;

  constructor(
    session: Session,
    opening: ReadonlyMap<string, string>,
    giveBack: (session: Session | undefined) => void,
  ) {
    this.#session = session;
    this.#opening = opening;
    this.#giveBack = giveBack;
  }

  /** Sets the database, the settings and the parameters of the next statement, for this lease only. */
  async prepare({ database, settings, params }: Preparation): Promise<void> {
    const steps: string[] = [];
    if (database !== undefined && database !== "default") {
      steps.push(`USE ${toIdentifier(database)}`);
      this.#undo.push("USE default");
    }
    const parameters = new Map([...params].map(([name, value]) => [`param_${name}`, value]));
    if (settings.size > 0) {
      // The default of these is not what our sessions begin with.
      if ([...settings.keys()].some((name) => this.#opening.has(name))) this.spoil();
      steps.push(`SET ${toAssignments(settings)}`);
      this.#undo.push(`SET ${[...settings.keys()].map((name) => `${name} = DEFAULT`).join(", ")}`);
    }
    if (parameters.size > 0) steps.push(`SET ${toAssignments(parameters)}`);
    if (steps.length > 0) await this.#set(steps);
  }

  /** Says that this session is not to be used again: what ran in it may have left something behind. */
  spoil(): void {
    this.#isSpoiled = true;
  }

  /**
   * Runs a statement to its end; the whole answer is in memory.
   *
   * Not the engine's own stream: it plans a query, with all the subqueries whose value the plan needs, on the
   * calling thread, where one reader's subquery would hold up every insert.
   */
  async run(sql: string, format: string): Promise<EngineResult> {
    const result = await this.#session.queryAsync(sql, { format });
    const { rowsRead, bytesRead, elapsed } = result;
    return { bytes: result.bytes(), rowsRead, bytesRead, elapsedSeconds: elapsed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#undo.length > 0 && !this.#isSpoiled) await this.#set(this.#undo).catch(() => {}); // it is spoilt then
    if (this.#isSpoiled) this.#session.close();
    this.#giveBack(this.#isSpoiled ? undefined : this.#session);
  }

  async #set(steps: readonly string[]): Promise<void> {
    try {
      await this.run(steps.join("; "), "Null");
    } catch (error) {
      this.spoil();
      throw error;
    }
  }
}

class Lane {
  readonly #path: string;
  readonly #opening: ReadonlyMap<string, string>;
  readonly #idle: Session[] = [];
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(
    path: string,
    { sessionsMax, opening }: { sessionsMax: number; opening: Readonly<Record<string, string>> },
  ) {
    this.#path = path;
    this.#opening = new Map([["max_query_size", String(STATEMENT_BYTES_MAX)], ...Object.entries(opening)]);
    this.#free = sessionsMax;
  }

  async lease(signal?: AbortSignal): Promise<Lease> {
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    try {
      const session = this.#idle.pop() ?? (await this.#open());
      return new Lease(session, this.#opening, (back) => this.#giveBack(back));
    } catch (error) {
      this.#giveBack(undefined);
      throw error;
    }
  }

  async #open(): Promise<Session> {
    const session = new Session(this.#path);
    await session.queryAsync(`SET ${toAssignments(this.#opening)}`);
    return session;
  }

  #turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const take = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        reject(signal?.reason);
      };
      if (signal?.aborted) return reject(signal.reason);
      this.#waiting.push(take);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  #giveBack(session: Session | undefined): void {
    if (session !== undefined) this.#idle.push(session);
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

/** The engine in this process, and its sessions; it ends with the process. */
export interface Engine {
  /** Waits for a session of the kind; throws the signal's reason if that fires first. */
  lease(lane: LaneName, signal?: AbortSignal): Promise<Lease>;
  /** Ends the running statements whose `log_comment` is this mark, as far as the engine finds them. */
  kill(mark: string): Promise<void>;
}

/**
 * Opens chDB on a folder of this process: one process a folder, one folder a process.
 *
 * @param path the engine's own folder
 * @param args `clickhouse local` arguments, such as `--max_server_memory_usage=...`
 * @param openings further settings that the sessions of a lane begin with
 * @throws Error if another process has the folder, or the engine cannot load it
 */
export function openEngine(
  path: string,
  args: readonly string[],
  openings: Partial<Record<LaneName, Readonly<Record<string, string>>>> = {},
): Engine {
  // The first session starts the engine with its arguments; the library keeps it open until the process ends.
  new Session(path, { connectionArgs: args });
  const toLane = (name: LaneName) => {
    const { sessionsMax, opening } = LANES[name];
    return new Lane(path, { sessionsMax, opening: { ...openings[name], ...opening } });
  };
  const lanes = new Map<LaneName, Lane>();
  const laneOf = (name: LaneName): Lane => {
    const lane = lanes.get(name) ?? toLane(name);
    lanes.set(name, lane);
    return lane;
  };
  return {
    lease: (name, signal) => laneOf(name).lease(signal),
    kill: async (mark) => {
      await using lease = await laneOf("control").lease();
      await lease.run(`KILL QUERY WHERE Settings['log_comment'] = ${toStringLiteral(mark)} ASYNC`, "Null");
    },
  };
}
