import { randomInt, randomUUID } from "node:crypto";
import { toStoreTime } from "../../schemas/ids.ts";
import { toBackOffMs } from "../../transform/back-off.ts";
import { toErrorFacts } from "../logger.ts";
import type { Service } from "../service.ts";
import { type ClosedVersion, toNotice } from "./notice.ts";
import { type SendOutcome, sendNotice } from "./send.ts";
import type { WebhookTarget } from "./target.ts";

/** What telling works with. */
export type TellerService = Pick<Service, "warehouse" | "clock" | "logger">;

const LOOK_INTERVAL_MS = 5_000;
/** More than all Partners of a year: those that are refused must not hide those that are new. */
const DUE_MAX = 20_000;
const BACK_OFF = { firstMs: 10_000, maxMs: 3_600_000 };
/** After so many tries in a row that find nobody, the rest of a round waits: the other side is away. */
const AWAY_MAX = 3;
/** A notice that is older than this and was tried often enough is given up, ms. */
const GIVEN_UP_MS = 3 * 86_400_000;
const TRIES_MIN = 12;
const KIND = "webhook";

interface Trying {
  readonly tries: number;
  readonly nextMs: number;
}

/**
 * Tells the CRM of records that were closed or restated since the webhook was first set up, whatever closed them, but not
 * of a month that was closed before it was over: nobody is handed that. The
 * ledger is `runs`: what is done there is not told again; what a kill cut off before it was noted is told twice, with
 * the same id.
 */
export class Teller {
  readonly #service: TellerService;
  readonly #target: WebhookTarget;
  readonly #trying = new Map<string, Trying>();

  constructor(service: TellerService, target: WebhookTarget) {
    this.#service = service;
    this.#target = target;
  }

  /**
   * Tells what is due now; answers how many were taken. One that fails holds up no other, and comes again after 10 s,
   * 20 s ... an hour, for three days.
   *
   * @throws WarehouseUnavailable, WarehouseRefused if the ledger cannot be read or written; CommandError if the secret cannot be read
   */
  async tellDue(signal: AbortSignal): Promise<number> {
    const { clock } = this.#service;
    const due = (await this.#readDue())
      .map((version) => ({ version, subject: toSubject(version) }))
      .filter(({ subject }) => (this.#trying.get(subject)?.nextMs ?? 0) <= clock.nowMs())
      // Fresh ones first, so that those that fail again and again keep nobody waiting.
      .sort((a, b) => (this.#trying.get(a.subject)?.tries ?? 0) - (this.#trying.get(b.subject)?.tries ?? 0));
    let taken = 0;
    let away = 0;
    for (const { version, subject } of due) {
      if (signal.aborted || away >= AWAY_MAX) break;
      const startedMs = clock.nowMs();
      const outcome = await sendNotice(this.#target, toNotice(version), startedMs, signal);
      if (signal.aborted && outcome.kind !== "taken") break;
      away = outcome.kind === "away" ? away + 1 : 0;
      if (outcome.kind === "taken") taken += 1;
      await this.#note(version, subject, startedMs, outcome);
    }
    return taken;
  }

  async #readDue(): Promise<readonly ClosedVersion[]> {
    const { warehouse, clock } = this.#service;
    const [begun] = await warehouse.rows<{ at_ms: string }>({
      sql: `SELECT toString(toUnixTimestamp64Milli(started_at)) AS at_ms FROM runs
            WHERE kind = {kind:String} AND outcome = 'begun' ORDER BY started_at LIMIT 1`,
      parameters: { kind: KIND },
    });
    if (begun === undefined) {
      await this.#write("", clock.nowMs(), "begun", {});
      return [];
    }
    const rows = await warehouse.rows<{ partner: string; month: string; version: number; closed_ms: string }>({
      sql: `SELECT DISTINCT partner, month, version, toString(toUnixTimestamp64Milli(closed_at)) AS closed_ms
            FROM records
            WHERE NOT JSONExtractBool(body, 'completeness', 'provisional')
              AND closed_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
              AND concat(partner, ' ', month, ' ', toString(version)) NOT IN
                (SELECT subject FROM runs WHERE kind = {kind:String} AND outcome IN ('done', 'given up'))
            ORDER BY closed_at, partner, month, version LIMIT {limit:UInt32}`,
      parameters: { since: Number(begun.at_ms), kind: KIND, limit: DUE_MAX },
    });
    return rows.map(({ closed_ms, ...row }) => ({ ...row, closedMs: Number(closed_ms) }));
  }

  async #note(version: ClosedVersion, subject: string, startedMs: number, outcome: SendOutcome): Promise<void> {
    const { clock, logger } = this.#service;
    const tries = (this.#trying.get(subject)?.tries ?? 0) + 1;
    if (outcome.kind === "taken") {
      await this.#write(subject, startedMs, "done", { tries });
      this.#trying.delete(subject);
      return;
    }
    const nowMs = clock.nowMs();
    const { reason } = outcome;
    if (tries >= TRIES_MIN && nowMs - version.closedMs > GIVEN_UP_MS) {
      await this.#write(subject, startedMs, "given up", { tries, reason });
      logger.error("the CRM was not told of a record; it was tried for three days", { record: subject, reason });
      this.#trying.delete(subject);
      return;
    }
    // One entry a notice: it may be tried many times.
    if (tries === 1) {
      await this.#write(subject, startedMs, "failed", { reason });
      logger.warn("the CRM could not be told of a record; it is tried again", { record: subject, reason });
    }
    const waitMs = toBackOffMs(tries, BACK_OFF, randomInt(1_000) / 1_000);
    this.#trying.set(subject, { tries, nextMs: nowMs + waitMs });
  }

  async #write(subject: string, startedMs: number, outcome: string, detail: object): Promise<void> {
    const { warehouse, clock } = this.#service;
    const row = {
      ...{ id: randomUUID(), kind: KIND, subject, outcome, detail: JSON.stringify(detail) },
      started_at: new Date(startedMs).toISOString().replace("T", " ").replace("Z", ""),
      ended_at: toStoreTime(clock.nowMs()),
    };
    await warehouse.insertRows("runs", [row]);
  }
}

function toSubject({ partner, month, version }: ClosedVersion): string {
  return `${partner} ${month} ${version}`;
}

/** Looks every few seconds for what the CRM has to be told, and tells it. Disposing waits for what is under way. */
export function startTeller(service: TellerService, target: WebhookTarget): AsyncDisposable {
  const teller = new Teller(service, target);
  const stopping = new AbortController();
  let running: Promise<unknown> = look();
  const timer = setInterval(() => {
    running = running.then(look);
  }, LOOK_INTERVAL_MS);

  async function look(): Promise<void> {
    if (stopping.signal.aborted) return;
    try {
      await teller.tellDue(stopping.signal);
    } catch (error) {
      service.logger.error("the webhook cannot look for records to tell of; it tries again", toErrorFacts(error));
    }
  }
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}
