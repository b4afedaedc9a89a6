import { ACCOUNT_KINDS } from "../../schemas/event.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import type { CommandArguments, Flag, ServiceCommand } from "../command.ts";
import { UsageError } from "../command-io.ts";
import { parseAccount } from "../rights/people.ts";
import { REQUEST_KINDS, type RequestKind } from "../rights/request-clock.ts";
import {
  isOverdue,
  listRequests,
  openRequest,
  type RequestStep,
  type RightsRequest,
  stepRequest,
} from "../rights/requests.ts";
import type { Service } from "../service.ts";
import { toTable } from "../table.ts";

const KINDS = Object.keys(REQUEST_KINDS) as RequestKind[]; // keys of a constant object
const REQUEST = { name: "REQUEST", prose: "the request's id, such as R-2026-7kq2mx" };
const REASON: Flag = { name: "reason", value: "TEXT", required: true, prose: "Why. Name nobody in it." };

function toDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function toStanding(request: RightsRequest, nowMs: number): string {
  return isOverdue(request, toEpochMs(nowMs)) ? "OVERDUE" : request.state;
}

/** `roebuck requests list`: what people have asked and when it is due. */
const requestsListCommand: ServiceCommand = {
  name: "requests list",
  summary: "List people's requests and when they are due, overdue ones first.",
  operands: [],
  flags: [{ name: "all", prose: "Also those that are closed." }],
  on: "service",
  async run(service, args, io) {
    const requests = await listRequests(service, { all: args.switches.has("all") });
    const nowMs = service.clock.nowMs();
    if (requests.length === 0) {
      io.line("No request is open.");
      return 0;
    }
    const rows = requests.map((request) => [
      request.id,
      request.kind,
      request.partner === "" ? `(${request.acct})` : request.partner,
      toStanding(request, nowMs),
      toDay(request.openedMs),
      toDay(request.dueMs),
      request.verbal ? "verbally" : "in writing",
      request.openedBy,
    ]);
    for (const line of toTable(["Request", "Kind", "Partner", "State", "Received", "Due", "Asked", "By"], rows))
      io.line(line);
    return 0;
  },
};

/** `roebuck requests open KIND`: notes that somebody asked; the clock begins. */
const requestsOpenCommand: ServiceCommand = {
  name: "requests open",
  summary: "Note that a person has asked; sets the one-month clock.",
  prose: `The request does not say who asked: that is given again when it is answered. It is due on the same day of the next
month (GDPR Art. 12(3)); a complaint must be acknowledged within 30 days.`,
  operands: [{ name: "KIND", prose: KINDS.join(", ") }],
  flags: [
    { name: "acct", value: "KIND", initial: "partner", choices: ACCOUNT_KINDS, prose: "Kind of account." },
    { name: "partner", value: "ID", prose: "The Partner whose person asks; required for --acct partner." },
    { name: "verbal", prose: "It was asked by word of mouth." },
    { name: "received", value: "DAY", prose: "Day of receipt, yyyy-mm-dd, UTC. Default: now." },
    { name: "note", value: "TEXT", prose: "A remark. Name nobody in it." },
  ],
  on: "service",
  async run(service, args, io) {
    const kind = KINDS.find((known) => known === args.operands.KIND);
    if (kind === undefined)
      throw new UsageError(
        `Cannot open a request of kind "${args.operands.KIND}": it must be one of ${KINDS.join(", ")}.`,
      );
    const request = await openRequest(
      service,
      {
        kind,
        ...parseAccount(args.flags.acct, args.flags.partner),
        verbal: args.switches.has("verbal"),
        ...toReceived(args, service.clock.nowMs()),
        note: args.flags.note ?? "",
      },
      io.actor,
    );
    io.line(`${request.id} is open and due on ${toDay(request.dueMs)}.`);
    return 0;
  },
};

function toReceived(args: CommandArguments, nowMs: number): { readonly receivedMs?: ReturnType<typeof toEpochMs> } {
  const given = args.flags.received;
  if (given === undefined) return {};
  const ms = /^\d{4}-\d\d-\d\d$/.test(given) ? Date.parse(`${given}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms) || ms > nowMs)
    throw new UsageError(`Cannot use --received "${given}": it must be a day, yyyy-mm-dd, that has begun.`);
  return { receivedMs: toEpochMs(ms) };
}

async function runStep(service: Service, args: CommandArguments, actor: string, step: RequestStep): Promise<string> {
  const request = await stepRequest(service, args.operands.REQUEST ?? "", step, actor);
  return `${request.id} is ${request.state}; due on ${toDay(request.dueMs)}.`;
}

/** `roebuck requests stop REQUEST`: the clock waits for the person. */
const requestsStopCommand: ServiceCommand = {
  name: "requests stop",
  summary: "Stop a request's clock while the person must say who they are or what they mean.",
  operands: [REQUEST],
  flags: [REASON],
  on: "service",
  async run(service, args, io) {
    io.line(await runStep(service, args, io.actor, { kind: "stop", reason: args.flags.reason ?? "" }));
    return 0;
  },
};

/** `roebuck requests resume REQUEST`: the clock goes on. */
const requestsResumeCommand: ServiceCommand = {
  name: "requests resume",
  summary: "Let a request's clock go on; the due day moves by the days that it stood still.",
  operands: [REQUEST],
  flags: [],
  on: "service",
  async run(service, args, io) {
    io.line(await runStep(service, args, io.actor, { kind: "resume" }));
    return 0;
  },
};

/** `roebuck requests extend REQUEST`: two months more, once. */
const requestsExtendCommand: ServiceCommand = {
  name: "requests extend",
  summary: "Extend a complex request by two months, once; the person must be told why (GDPR Art. 12(3)).",
  operands: [REQUEST],
  flags: [REASON],
  on: "service",
  async run(service, args, io) {
    io.line(await runStep(service, args, io.actor, { kind: "extend", reason: args.flags.reason ?? "" }));
    return 0;
  },
};

/** `roebuck requests acknowledge REQUEST`: the person was told that it has come. */
const requestsAcknowledgeCommand: ServiceCommand = {
  name: "requests acknowledge",
  summary: "Note that the receipt was acknowledged; due within 30 days for a complaint.",
  operands: [REQUEST],
  flags: [],
  on: "service",
  async run(service, args, io) {
    io.line(await runStep(service, args, io.actor, { kind: "acknowledge" }));
    return 0;
  },
};

/** `roebuck requests close REQUEST`: it is answered, or refused. */
const requestsCloseCommand: ServiceCommand = {
  name: "requests close",
  summary: "Close a request that was answered without a command, or is refused.",
  operands: [REQUEST],
  flags: [
    { name: "state", value: "STATE", initial: "done", choices: ["done", "refused"], prose: "done or refused." },
    { name: "reason", value: "TEXT", prose: "How it was answered, or why it is refused. Name nobody in it." },
  ],
  on: "service",
  async run(service, args, io) {
    const state = args.flags.state === "refused" ? "refused" : "done";
    const reason = args.flags.reason ?? "";
    if (state === "refused" && reason === "")
      throw new UsageError(
        "--reason TEXT is required with --state refused: the person must be told why (GDPR Art. 12(4)).",
      );
    io.line(await runStep(service, args, io.actor, { kind: "close", state, reason }));
    return 0;
  },
};

/** `roebuck requests show REQUEST`: one request with its notes and certificate, as JSON. */
const requestsShowCommand: ServiceCommand = {
  name: "requests show",
  summary: "Show one request with its notes and its certificate, as JSON.",
  operands: [REQUEST],
  flags: [{ name: "output", short: "o", value: "FILE", prose: "Where to write. Default: standard output." }],
  on: "service",
  async run(service, args, io) {
    const request = (await listRequests(service, { all: true })).find(({ id }) => id === args.operands.REQUEST);
    if (request === undefined)
      throw new UsageError(
        `Cannot find the request "${args.operands.REQUEST}": \`roebuck requests list --all\` lists them.`,
      );
    const { openedMs, dueMs, extendedMs, acknowledgedMs, stoppedMs, closedMs, certificate, ...rest } = request;
    const toTime = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
    const shown = {
      ...rest,
      received: toTime(openedMs),
      due: toTime(dueMs),
      extended: toTime(extendedMs),
      acknowledged: toTime(acknowledgedMs),
      stopped: toTime(stoppedMs),
      closed: toTime(closedMs),
      certificate: certificate === "" ? null : JSON.parse(certificate),
    };
    await io.bytes(Buffer.from(`${JSON.stringify(shown, null, 2)}\n`));
    return 0;
  },
};

/** All commands about requests. */
export const requestsCommands: readonly ServiceCommand[] = [
  requestsListCommand,
  requestsOpenCommand,
  requestsStopCommand,
  requestsResumeCommand,
  requestsExtendCommand,
  requestsAcknowledgeCommand,
  requestsCloseCommand,
  requestsShowCommand,
];
