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
  readonly params?: Readonly<Record<string, string>>;
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
    await take({ bytes: Number.isSafeInteger(length) ? length : undefined, chunks: stream });
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`The query was refused: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await client.close();
  }
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
