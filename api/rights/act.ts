import { writeAudit } from "../audit.ts";
import {
  type AskedAccount,
  type AskedPeople,
  type RightsPerson,
  refuseUnderHold,
  refuseWithoutInstruction,
  toPeople,
} from "./people.ts";
import { RightsRefused, type RightsService, withRefusalsNoted } from "./refusal.ts";
import type { RequestKind } from "./request-clock.ts";
import { certifyRequest, openRequest, type RightsRequest, readRequest } from "./requests.ts";

/** Whom an act is for, and which request it answers. */
export interface RightsAsked {
  readonly people: AskedPeople;
  /** Id of the request; one is opened if absent, because every act answers a request. */
  readonly request?: string;
  /** It was asked by word of mouth: noted in a request that is opened now. */
  readonly verbal?: boolean;
}

/** An act that was allowed and is noted in the audit trail. */
export interface BegunAct {
  readonly people: readonly RightsPerson[];
  readonly request: RightsRequest;
  /** It was opened for this act. */
  readonly isNew: boolean;
}

/** What is done, for messages and the audit trail. */
export interface ActKind {
  /** As in `subject.erase`. */
  readonly action: string;
  /** As in "Cannot erase people of". */
  readonly what: string;
  /** The kind of request that it answers. */
  readonly answers: RequestKind;
  /** A legal hold forbids it. */
  readonly isHeldBack?: boolean;
  /** Further accounts that it touches. */
  readonly alsoAbout?: readonly AskedAccount[];
  /** What else must hold of the people; throws RightsRefused, which is noted. */
  readonly check?: (people: readonly RightsPerson[]) => void;
  /** What the audit trail tells besides; nothing personal. */
  readonly detail?: Readonly<Record<string, string | boolean>>;
}

/**
 * Begins an act for some people: checks that it is allowed, finds or opens its request, and notes it in the audit trail
 * before anything is read or changed. What is refused is noted, too.
 *
 * @throws RightsRefused
 * @throws WarehouseUnavailable, WarehouseRefused: what cannot be noted is not done
 */
export async function beginAct(
  service: RightsService,
  asked: RightsAsked,
  kind: ActKind,
  actor: string,
): Promise<BegunAct> {
  const { people, request: id } = asked;
  const account: AskedAccount = { acct: people.acct, partner: people.acct === "partner" ? people.partner : "" };
  const tried = { actor, action: kind.action, request: id, partner: account.partner };
  const given = await withRefusalsNoted(service, tried, async () => {
    if (people.subs.length === 0) throw new RightsRefused("nobody_named", `Cannot ${kind.what}: nobody is named.`);
    for (const about of [account, ...(kind.alsoAbout ?? [])]) {
      refuseWithoutInstruction(service, about, kind.what);
      if (kind.isHeldBack === true) refuseUnderHold(service.journal(), about.partner, kind.what);
    }
    kind.check?.(toPeople(service, { ...people, ...account }));
    return id === undefined ? undefined : refuseOtherRequest(await readRequest(service, id), account, kind);
  });
  const request =
    given ?? (await openRequest(service, { kind: kind.answers, ...account, verbal: asked.verbal === true }, actor));
  await writeAudit(service, {
    actor,
    action: kind.action,
    subject: request.id,
    detail: { people: people.subs.length, acct: account.acct, partner: account.partner, ...kind.detail },
  });
  return { people: toPeople(service, { ...people, ...account }), request, isNew: given === undefined };
}

function refuseOtherRequest(request: RightsRequest, { acct, partner }: AskedAccount, { what }: ActKind): RightsRequest {
  if (request.acct !== acct || request.partner !== partner) {
    throw new RightsRefused(
      "request_other_partner",
      `Cannot ${what} people under ${request.id}: it is about ${request.partner === "" ? `a ${request.acct} account` : `a person of "${request.partner}"`}; name the same --acct and --partner, or another request.`,
    );
  }
  if (request.state === "done" || request.state === "refused") {
    throw new RightsRefused(
      "request_closed",
      `Cannot ${what} people under ${request.id}: it is ${request.state}; open a new one with \`roebuck requests open\`.`,
    );
  }
  return request;
}

/** Ends an act: its request is done, with the certificate. A request of another kind stays open, for what it asked. */
export async function endAct(
  service: RightsService,
  { request }: BegunAct,
  kind: ActKind,
  certificate: object,
): Promise<void> {
  if (request.kind === kind.answers) await certifyRequest(service, request, certificate);
}
