import pino from "pino";

/**
 * What the service may say of itself: a fixed sentence and typed facts.
 *
 * Facts are numbers, booleans and words from our own lists. No text that came from outside may be one: messages
 * of foreign errors can quote what they choked on, so an error is told by its name and code alone.
 */
export type Facts = Readonly<Record<string, number | boolean | string | undefined>>;

/** Writes one line of JSON an occasion. */
export interface Logger {
  info(sentence: string, facts?: Facts): void;
  warn(sentence: string, facts?: Facts): void;
  error(sentence: string, facts?: Facts): void;
}

/** Logs to standard error, so that standard output stays the command's own. */
export function createLogger(level: string): Logger {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
  return {
    info: (sentence, facts = {}) => logger.info(facts, sentence),
    warn: (sentence, facts = {}) => logger.warn(facts, sentence),
    error: (sentence, facts = {}) => logger.error(facts, sentence),
  };
}

/** An error as facts: its name and, where it has one, its code. Never its message. */
export function toErrorFacts(error: unknown): Facts {
  if (!(error instanceof Error)) return { error: typeof error };
  const code =
    "code" in error && (typeof error.code === "string" || typeof error.code === "number") ? error.code : undefined;
  return { error: error.name, ...(code === undefined ? {} : { code }) };
}
