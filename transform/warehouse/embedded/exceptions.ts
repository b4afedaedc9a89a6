/**
 * An answer that says no, in ClickHouse's own terms.
 *
 * The text is for the one who asked: it can quote values of the statement, so it is never logged.
 */
export class WarehouseException extends Error {
  override readonly name = "WarehouseException";
  readonly code: number;

  /** @param code ClickHouse's number of the error, as in `system.errors` */
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The errors that the front itself raises, with ClickHouse's number and name. */
export const EXCEPTION = {
  syntax: { code: 62, name: "SYNTAX_ERROR" },
  cannotOpenFile: { code: 76, name: "CANNOT_OPEN_FILE" },
  notImplemented: { code: 48, name: "NOT_IMPLEMENTED" },
  badArguments: { code: 36, name: "BAD_ARGUMENTS" },
  unknownFormat: { code: 73, name: "UNKNOWN_FORMAT" },
  readonly: { code: 164, name: "READONLY" },
  notNoted: { code: 209, name: "SOCKET_TIMEOUT" },
  queryTooLarge: { code: 229, name: "QUERY_IS_TOO_LARGE" },
  outfile: { code: 358, name: "INTO_OUTFILE_NOT_ALLOWED" },
  unknownCompression: { code: 89, name: "UNKNOWN_COMPRESSION_METHOD" },
  cancelled: { code: 394, name: "QUERY_WAS_CANCELLED" },
  unknownParameter: { code: 456, name: "UNKNOWN_QUERY_PARAMETER" },
  accessDenied: { code: 497, name: "ACCESS_DENIED" },
  authentication: { code: 516, name: "AUTHENTICATION_FAILED" },
} as const satisfies Record<string, { code: number; name: string }>;

/** Builds an error of the front, worded as the server words it. */
export function toException(kind: keyof typeof EXCEPTION, message: string): WarehouseException {
  const { code, name } = EXCEPTION[kind];
  return new WarehouseException(code, `Code: ${code}. DB::Exception: ${message} (${name})`);
}

/**
 * HTTP status by error number, as ClickHouse's server answers; every other error is a 500.
 *
 * The rule's source is the server's `exceptionCodeToHTTPStatus`: a client's retries depend on it.
 */
const CODES_BY_STATUS: Readonly<Record<number, readonly number[]>> = {
  400: [6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676],
  401: [194],
  403: [192, 193, 497, 512, 516],
  404: [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511],
  408: [159],
  411: [381],
  413: [229],
  415: [779],
  501: [48],
  503: [76, 209, 439],
};

const STATUS_BY_CODE = new Map(
  Object.entries(CODES_BY_STATUS).flatMap(([status, codes]) => codes.map((code) => [code, Number(status)] as const)),
);

/** The HTTP status the server gives for an error number. */
export function toHttpStatus(code: number): number {
  return STATUS_BY_CODE.get(code) ?? 500;
}

const CODE = /^Code: (\d+)\. /;
const NAME_AT_END = /\(([A-Z][A-Z0-9_]{2,})\)$/;
/** The same error told by each layer it passed through, one inside the other. */
const NESTED_BEGINNING = /^(?:Code: \d+\. DB::Exception: )+(?=Code: \d+\. DB::Exception: )/;
const NESTED_END = /(?:\s*\((?:[A-Z][A-Z0-9_]{2,}|version [^)]*)\)\.?)+$/;

/**
 * Makes an engine's error what a server would have sent.
 *
 * In process some errors lack their name at the end, by which clients tell them apart; some are nested in
 * themselves; and some name the file that a request's body or result passed through, which means nothing outside.
 *
 * @param names names by error number, from the engine's own `errorCodeToName`
 * @param hidden texts that stay inside, longest first, and what stands for each
 */
export function toServerException(
  error: unknown,
  names: ReadonlyMap<number, string>,
  hidden: readonly (readonly [string, string])[] = [],
): WarehouseException {
  if (error instanceof WarehouseException) return error;
  let text = error instanceof Error ? error.message : String(error);
  for (const [inside, outside] of hidden) text = text.replaceAll(inside, outside);
  text = text
    .replace(/^Query failed: /, "")
    .trimEnd()
    .replace(NESTED_BEGINNING, "");
  const code = Number(CODE.exec(text)?.[1] ?? 1001);
  if (!CODE.test(text)) text = `Code: ${code}. DB::Exception: ${text}`;
  const name = names.get(code) ?? "STD_EXCEPTION";
  if (!NAME_AT_END.test(text)) text = `${text} (${name})`;
  return new WarehouseException(code, text.replace(NESTED_END, ` (${name})`));
}
