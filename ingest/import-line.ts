import { createHash } from "node:crypto";
import type { ZodError } from "zod";
import { IMPORT_LINE, WIRE_EVENT } from "../schemas/beacon.ts";
import { type Agent, SEALED_VERSION, type SealedBeacon } from "../schemas/event.ts";
import { type EpochMs, type EventId, toEpochMs } from "../schemas/ids.ts";
import { toSealedEvent } from "./collect.ts";
import { toDerivedId } from "./derived-id.ts";
import { sealPerson } from "./seal.ts";
import { toDetail } from "./wire.ts";

/** Imported history says nothing of browsers, and the system that it comes from has left out its robots. */
export const NO_AGENT: Agent = { device: "other", browser: "", os: "", robot: false };

/** What lines of one import are read under. */
export interface ImportContext {
  readonly sealKey: Uint8Array;
  readonly queryKeys: ReadonlySet<string>;
  /** Site of lines that name none. */
  readonly site?: string;
  /** When the import runs, UTC. */
  readonly receivedMs: EpochMs;
  /** How many lines with this digest came before in the same file; {@link createOrdinals} makes one. */
  ordinal(digest: number): number;
}

/** A line as the log holds it, or everything that is wrong with it: fields and what they require, never values. */
export type ImportedLine = { readonly sealed: SealedBeacon } | { readonly problems: readonly string[] };

/**
 * One line of `import events` (JSON) as a sealed beacon with one event.
 *
 * Without an `id` the event gets one that depends on the line alone: importing a file twice counts it once. Lines
 * that repeat within a file are told apart by their number of repetition.
 * Never throws. The times are the line's own: there is no clock of a sender to correct.
 */
export function toSealedImport(line: string, context: ImportContext): ImportedLine {
  const fields = parseObject(line);
  if (fields === undefined) return { problems: ["The line is not a JSON object."] };
  const person = IMPORT_LINE.safeParse(fields);
  const canonical = toCanonical(fields);
  if (canonical === undefined) return { problems: ["The line is nested too deeply."] };
  const id = typeof fields.id === "string" ? fields.id : toEventId(canonical, context);
  const event = WIRE_EVENT.safeParse({ ...fields, id });
  const site = (person.success ? person.data.site : undefined) ?? context.site;
  const problems = [
    ...(person.success ? [] : toDetails(person.error)),
    ...(event.success ? [] : toDetails(event.error)),
    ...(site === undefined || site === "" ? ["site: must be given in the line or for the whole import."] : []),
  ];
  if (!person.success || !event.success || site === undefined || problems.length > 0)
    return { problems: [...new Set(problems)] };
  const sealed: SealedBeacon = {
    kind: "beacon",
    v: SEALED_VERSION,
    origin: "import",
    site,
    receivedMs: context.receivedMs,
    person: sealPerson(context.sealKey, person.data),
    agent: NO_AGENT,
    country: "",
    events: [toSealedEvent(event.data, toEpochMs(event.data.at), context.queryKeys)],
  };
  return { sealed };
}

/** Counts repetitions of lines over one file. Keeps a number a line, no text. */
export function createOrdinals(): (digest: number) => number {
  const seen = new Map<number, number>();
  return (digest) => {
    const ordinal = seen.get(digest) ?? 0;
    seen.set(digest, ordinal + 1);
    return ordinal;
  };
}

/** The id of a line that has none, from its fields in the order of their names. */
function toEventId(canonical: string, context: ImportContext): EventId {
  const digest = createHash("sha256").update(canonical).digest().readUIntBE(0, 6);
  return toDerivedId(context.sealKey, `import\n${context.ordinal(digest)}\n${canonical}`);
}

/** JSON with the names of every object in order, so that spaces and order in the file change nothing; `undefined` of what is nested too deeply to walk. */
function toCanonical(value: object): string | undefined {
  try {
    return JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>; // checked on the line before
  } catch {
    return undefined;
  }
}

function toDetails(error: ZodError): string[] {
  return error.issues.map((issue) => toDetail([issue]));
}
