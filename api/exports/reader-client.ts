import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { CommandError } from "../command-io.ts";
import { readPem } from "../open-log.ts";
import type { Service } from "../service.ts";

/** What asking as an analyst needs of the service. */
export type ReaderService = Pick<Service, "readerAccess" | "settings">;

/** An answer of ClickHouse as it comes. */
export interface ReaderAnswer {
  /** Its length, bytes, where ClickHouse says so. */
  readonly bytes: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** A question, and how it is answered. */
export interface ReaderQuestion {
  readonly query: string;
  readonly format: string;
  readonly signal: AbortSignal;
  /** Settings of ClickHouse. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Values of the query's placeholders. */
  readonly params?: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * Asks ClickHouse as an analyst: read-only, whoever the user is. The answer is whole or fails: a server gathers it before
 * it sends any of it, as the embedded engine does.
 *
 * @throws CommandError with ClickHouse's own words, for whoever asked and nobody else
 */
export async function askAsReader(
  { readerAccess, settings }: ReaderService,
  question: ReaderQuestion,
  take: (answer: ReaderAnswer) => Promise<void>,
): Promise<void> {
  const { answer, close } = await openReaderAnswer({ readerAccess, settings }, question);
  try {
    await take(answer);
  } catch (error) {
    throw toRefused(error);
  } finally {
    await close();
  }
}

/**
 * Asks as {@link askAsReader} does, for whoever takes the answer at their own pace. Close it when it is taken, or not wanted.
 *
 * @throws CommandError with ClickHouse's own words
 */
export async function openReaderAnswer(
  { readerAccess, settings }: ReaderService,
  question: ReaderQuestion,
): Promise<{ readonly answer: ReaderAnswer; close(): Promise<void> }> {
  const client = openClient(readerAccess);
  // The embedded engine's analyst can only read; on a server the query itself says so.
  const readonly = settings.clickhouseUrl === "" ? {} : { readonly: "2", wait_end_of_query: "1" };
  try {
    const { stream, response_headers } = await client.exec({
      query: question.query,
      abort_signal: question.signal,
      query_params: { ...question.params },
      clickhouse_settings: { ...question.settings, ...readonly, default_format: question.format } as never, // a URL parameter of the HTTP interface, not a setting that the types list
    });
    const length = Number(response_headers["content-length"]);
    const answer = { bytes: Number.isSafeInteger(length) ? length : undefined, chunks: stream };
    return { answer, close: () => client.close() };
  } catch (error) {
    await client.close();
    throw toRefused(error);
  }
}

function toRefused(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  return new CommandError(`The query was refused: ${error instanceof Error ? error.message : String(error)}`);
}

function openClient({ url, user, password, database, caFile = "" }: ReaderService["readerAccess"]): ClickHouseClient {
  return createClient({
    url,
    username: user,
    password,
    database,
    application: "roebuck",
    // By default it prints the engine's error, which quotes the query, to the terminal of the service.
    log: { level: ClickHouseLogLevel.OFF },
    ...(caFile === "" ? {} : { tls: { ca_cert: Buffer.from(readPem("ROEBUCK_CLICKHOUSE_CA_FILE", caFile)) } }),
  });
}
