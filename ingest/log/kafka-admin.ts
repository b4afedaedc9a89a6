import type { Admin, Kafka } from "kafkajs";
import { LogUnavailable } from "../../schemas/ports.ts";
import { TimedOut, toKafkaFault, toLogUnavailable, withTimeLimit } from "./kafka-fault.ts";

/**
 * One connection for questions to the brokers (offsets, topics), made when first needed.
 *
 * kafkajs can hold on to a connection that is dead, so one that failed is thrown away, and if it merely was
 * closed the question is asked once more over a fresh one.
 */
export class KafkaAdmin implements AsyncDisposable {
  readonly #kafka: Kafka;
  readonly #timeLimitMs: number;
  #connected: Promise<Admin> | undefined;
  #closed = false;

  /** @param timeLimitMs how long a question may take, retries included */
  constructor(kafka: Kafka, timeLimitMs: number) {
    this.#kafka = kafka;
    this.#timeLimitMs = timeLimitMs;
  }

  /** Runs `work` with the connection. Throws `LogUnavailable` that says what was tried, as `action` puts it. */
  async use<T>(action: string, work: (admin: Admin) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      if (this.#closed) throw new LogUnavailable(`Cannot ${action}: the log is closed. Open it again.`);
      const connecting = this.#connect();
      try {
        return await withTimeLimit(
          this.#timeLimitMs,
          connecting.then((admin) => work(admin)),
        );
      } catch (error) {
        if (this.#connected === connecting) this.#connected = undefined;
        connecting.then((admin) => admin.disconnect()).catch(() => undefined);
        const closed = toKafkaFault(error).kind === "away" && !(error instanceof TimedOut);
        if (tries > 1 || !closed) throw toLogUnavailable(action, error);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const connected = this.#connected;
    this.#connected = undefined;
    await connected?.then((admin) => withTimeLimit(this.#timeLimitMs, admin.disconnect())).catch(() => undefined);
  }

  #connect(): Promise<Admin> {
    this.#connected ??= this.#open();
    return this.#connected;
  }

  async #open(): Promise<Admin> {
    const admin = this.#kafka.admin();
    await admin.connect();
    return admin;
  }
}
