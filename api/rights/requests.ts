import { randomInt } from "node:crypto";
import { z } from "zod";
import { ACCOUNT_KINDS, type AccountKind } from "../../schemas/event.ts";
import { type EpochMs, toEpochMs, toStoreTime } from "../../schemas/ids.ts";
import { writeAudit } from "../audit.ts";
import { toRemark } from "../remark.ts";
import { RightsRefused, type RightsService, withRefusalsNoted } from "./refusal.ts";
import { REQUEST_KINDS, type RequestKind, toDueMs, toExtendedMs, toResumedMs } from "./request-clock.ts";

/** How a request stands. `stopped`: the clock waits for the person, who must say who they are or what they mean. */
export const REQUEST_STATES = ["open", "stopped", "done", "refused"] as const;
/** One of the states of a request. */
export type RequestState = (typeof REQUEST_STATES)[number];

/** One request of a person. Nothing in it says who. */
export interface RightsRequest {
  /** `R-2026-` and six letters and digits. */
  readonly id: string;
  readonly kind: RequestKind;
  /** Partner id; empty for subscriber and public accounts. */
  readonly partner: string;
  readonly acct: AccountKind;
  readonly state: RequestState;
  /** Asked by word of mouth, and written down by an operator. */
  readonly verbal: boolean;
  /** When it was received, UTC. */
  readonly openedMs: EpochMs;
  /** Last instant in time, UTC. */
  readonly dueMs: EpochMs;
  readonly extendedMs: EpochMs | undefined;
  readonly acknowledgedMs: EpochMs | undefined;
  readonly stoppedMs: EpochMs | undefined;
  readonly closedMs: EpochMs | undefined;
  readonly openedBy: string;
  /** Reasons and remarks, one a line; no personal data. */
  readonly note: string;
  /** JSON of what was done; empty until then. */
  readonly certificate: string;
}

/** What a request is opened with. */
export interface NewRequest {
  readonly kind: RequestKind;
  readonly acct: AccountKind;
  readonly partner: string;
  readonly verbal: boolean;
  /** When it was received, UTC; now if absent. */
  readonly receivedMs?: EpochMs;
  readonly note?: string;
}

const ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz";

/** Opens a request and sets its clock. Throws RightsRefused if the Partner is not on file. */
export async function openRequest(service: RightsService, given: NewRequest, actor: string): Promise<RightsRequest> {
  await withRefusalsNoted(service, { actor, action: "requests.open", partner: given.partner }, () => {
    if (given.acct === "partner" && !service.journal().partners.has(given.partner)) {
      throw new RightsRefused(
        "partner_unknown",
        `Cannot open a request about people of "${given.partner}": no Partner of that id is on file. Import it with \`roebuck partners import FILE.csv\`.`,
      );
    }
  });
  const nowMs = service.clock.nowMs();
  const openedMs = given.receivedMs ?? nowMs;
  const random = Array.from({ length: 6 }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join("");
  const request: RightsRequest = {
    id: `R-${new Date(openedMs).getUTCFullYear()}-${random}`,
    kind: given.kind,
    partner: given.acct === "partner" ? given.partner : "",
    acct: given.acct,
    state: "open",
    verbal: given.verbal,
    openedMs,
    dueMs: toDueMs(given.kind, openedMs, toZone(service, given.partner)),
    extendedMs: undefined,
    acknowledgedMs: undefined,
    stoppedMs: undefined,
    closedMs: undefined,
    openedBy: actor,
    note: toRemark(given.note ?? ""),
    certificate: "",
  };
  await writeAudit(service, {
    actor,
    action: "requests.open",
    subject: request.id,
    detail: { kind: given.kind, partner: request.partner, verbal: given.verbal },
  });
  await writeRequest(service, request);
  return request;
}

/** Days are counted where the Partner is, whose people ask. */
function toZone(service: RightsService, partner: string): string {
  return service.journal().partners.get(partner)?.zone ?? service.settings.defaultZone;
}

/** What can be done to a request. */
export type RequestStep =
  | { readonly kind: "stop"; readonly reason: string }
  | { readonly kind: "resume" }
  | { readonly kind: "extend"; readonly reason: string }
  | { readonly kind: "acknowledge" }
  | { readonly kind: "close"; readonly state: "done" | "refused"; readonly reason: string };

/**
 * A request after a step. Pure.
 *
 * @throws RightsRefused if the state does not allow the step; the message says which would
 */
export function toNextRequest(request: RightsRequest, step: RequestStep, nowMs: EpochMs, zone: string): RightsRequest {
  const { id, state } = request;
  const refuse = (what: string): never => {
    throw new RightsRefused("request_closed", `Cannot ${step.kind} ${id}: ${what}`);
  };
  if (state === "done" || state === "refused") refuse(`it is ${state}; open a new one with \`roebuck requests open\`.`);
  const resumed =
    request.stoppedMs === undefined
      ? request
      : {
          ...request,
          state: "open" as const,
          stoppedMs: undefined,
          dueMs: toResumedMs(request.dueMs, request.stoppedMs, nowMs, zone),
        };
  switch (step.kind) {
    case "stop":
      if (state === "stopped") refuse("its clock stands still already; go on with `roebuck requests resume`.");
      return { ...request, state: "stopped", stoppedMs: nowMs, note: toNote(request, `stopped: ${step.reason}`) };
    case "resume":
      if (state !== "stopped") refuse("its clock is running.");
      return resumed;
    case "extend":
      if (request.extendedMs !== undefined) refuse("it has been extended, and that can be done once.");
      if (request.kind === "complaint") refuse("only a request of GDPR Art. 15 to 22 can be extended.");
      if (request.dueMs < nowMs && state !== "stopped")
        refuse("it is overdue; the person must be told of an extension within the month.");
      return {
        ...request,
        extendedMs: nowMs,
        dueMs: toExtendedMs(request.dueMs, zone),
        note: toNote(request, `extended: ${step.reason}`),
      };
    case "acknowledge":
      return { ...request, acknowledgedMs: request.acknowledgedMs ?? nowMs };
    case "close":
      return {
        ...resumed,
        state: step.state,
        closedMs: nowMs,
        note: step.reason === "" ? request.note : toNote(request, `${step.state}: ${step.reason}`),
      };
  }
}

function toNote({ note }: RightsRequest, line: string): string {
  return note === "" ? line : `${note}\n${line}`;
}

function toMasked(step: RequestStep): RequestStep {
  return "reason" in step ? { ...step, reason: toRemark(step.reason) } : step;
}

/** Takes a step with a request. Throws RightsRefused if there is no such request or its state forbids it. */
export async function stepRequest(
  service: RightsService,
  id: string,
  step: RequestStep,
  actor: string,
): Promise<RightsRequest> {
  const entry = { actor, action: `requests.${step.kind}` };
  const next = await withRefusalsNoted(service, { ...entry, request: id }, async () => {
    const request = await readRequest(service, id);
    return toNextRequest(request, toMasked(step), service.clock.nowMs(), toZone(service, request.partner));
  });
  await writeAudit(service, { ...entry, subject: next.id, detail: { state: next.state } });
  await writeRequest(service, next);
  return next;
}

/** Closes a request with the certificate of what was done. No step of the clock is refused for it. */
export async function certifyRequest(
  service: RightsService,
  request: RightsRequest,
  certificate: object,
): Promise<void> {
  const nowMs = service.clock.nowMs();
  await writeRequest(service, {
    ...request,
    state: "done",
    stoppedMs: undefined,
    closedMs: nowMs,
    certificate: JSON.stringify(certificate),
  });
}

/** Tells whether a request should have been answered, or a complaint acknowledged, by now. While the clock stands still it is not. */
export function isOverdue(request: RightsRequest, nowMs: EpochMs): boolean {
  const isMet = request.kind === "complaint" && request.acknowledgedMs !== undefined;
  return request.state === "open" && !isMet && request.dueMs < nowMs;
}

const instant = z.coerce.number().int().transform(toEpochMs);
const ROW = z.object({
  id: z.string(),
  kind: z.enum(Object.keys(REQUEST_KINDS) as [RequestKind, ...RequestKind[]]), // keys of a constant object
  partner: z.string(),
  acct: z.enum(ACCOUNT_KINDS),
  state: z.enum(REQUEST_STATES),
  verbal: z.number().transform((value) => value === 1),
  opened_ms: instant,
  due_ms: instant,
  extended_ms: instant.nullable(),
  acknowledged_ms: instant.nullable(),
  stopped_ms: instant.nullable(),
  closed_ms: instant.nullable(),
  opened_by: z.string(),
  note: z.string(),
  certificate: z.string(),
});

const SELECT = `SELECT id, kind, partner, acct, state, verbal, toUnixTimestamp64Milli(opened_at) AS opened_ms,
  toUnixTimestamp64Milli(due_at) AS due_ms, toUnixTimestamp64Milli(extended_at) AS extended_ms,
  toUnixTimestamp64Milli(acknowledged_at) AS acknowledged_ms, toUnixTimestamp64Milli(stopped_at) AS stopped_ms,
  toUnixTimestamp64Milli(closed_at) AS closed_ms, opened_by, note, certificate
FROM requests FINAL`;

function toRequest(row: z.infer<typeof ROW>): RightsRequest {
  const { opened_ms, due_ms, extended_ms, acknowledged_ms, stopped_ms, closed_ms, opened_by, ...rest } = row;
  return {
    ...rest,
    openedMs: opened_ms,
    dueMs: due_ms,
    extendedMs: extended_ms ?? undefined,
    acknowledgedMs: acknowledged_ms ?? undefined,
    stoppedMs: stopped_ms ?? undefined,
    closedMs: closed_ms ?? undefined,
    openedBy: opened_by,
  };
}

/** One request. Throws RightsRefused if there is none of that id. */
export async function readRequest({ warehouse }: Pick<RightsService, "warehouse">, id: string): Promise<RightsRequest> {
  const rows = await warehouse.rows({ sql: `${SELECT} WHERE id = {id:String}`, parameters: { id } });
  const [row] = z.array(ROW).parse(rows);
  if (row !== undefined) return toRequest(row);
  throw new RightsRefused(
    "request_unknown",
    `Cannot find the request "${id}": it must be one that \`roebuck requests list --all\` shows.`,
  );
}

/** Requests that are not closed, or all: overdue first, then by due time, then those that are closed, latest first. */
export async function listRequests(
  { warehouse, clock }: Pick<RightsService, "warehouse" | "clock">,
  options: { readonly all: boolean },
): Promise<readonly RightsRequest[]> {
  const rows = await warehouse.rows({
    sql: `${SELECT} WHERE {all:UInt8} = 1 OR state IN ('open', 'stopped') ORDER BY due_at, id`,
    parameters: { all: options.all ? 1 : 0 },
  });
  const nowMs = clock.nowMs();
  const toRank = (request: RightsRequest) => (isOverdue(request, nowMs) ? 0 : request.closedMs === undefined ? 1 : 2);
  return z
    .array(ROW)
    .parse(rows)
    .map(toRequest)
    .sort((a, b) => toRank(a) - toRank(b) || (toRank(a) === 2 ? b.dueMs - a.dueMs : a.dueMs - b.dueMs));
}

async function writeRequest(service: RightsService, request: RightsRequest): Promise<void> {
  const toTime = (ms: EpochMs | undefined) => (ms === undefined ? null : toStoreTime(ms));
  // A later row replaces an earlier one, also where the clock of this process stands still.
  const [last] = await service.warehouse.rows<{ ms: string }>({
    sql: "SELECT toUnixTimestamp64Milli(max(updated_at)) AS ms FROM requests WHERE id = {id:String}",
    parameters: { id: request.id },
  });
  const updatedMs = toEpochMs(Math.max(service.clock.nowMs(), Number(last?.ms ?? 0) + 1));
  await service.warehouse.insertRows("requests", [
    {
      id: request.id,
      kind: request.kind,
      partner: request.partner,
      acct: request.acct,
      state: request.state,
      verbal: request.verbal ? 1 : 0,
      opened_at: toTime(request.openedMs),
      due_at: toTime(request.dueMs),
      extended_at: toTime(request.extendedMs),
      acknowledged_at: toTime(request.acknowledgedMs),
      stopped_at: toTime(request.stoppedMs),
      closed_at: toTime(request.closedMs),
      opened_by: request.openedBy,
      note: request.note,
      certificate: request.certificate,
      updated_at: toTime(updatedMs),
    },
  ]);
}
