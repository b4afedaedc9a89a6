import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccountKind } from "../../schemas/event.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import type { ConsentPurpose, Decision } from "../../schemas/journal.ts";
import { type HouseCollector, openHouseCollector } from "../fixtures/house-collector.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";
import { newEventId } from "../fixtures/roebuck-process.ts";

// What the privacy policy says, once more and by hand: nothing here is read from the code that decides.

/** Every type of event by what it is collected for. Page use and events attended are what a contract needs. */
const ENGAGEMENT = ["page_view", "download", "search", "play", "attendance"];
const BEHAVIOUR = ["leave", "click"];
const TYPES = [...ENGAGEMENT, ...BEHAVIOUR, "feedback"];

/** What a person has agreed to when the event is processed. */
const CONSENTS = [
  "none",
  "behaviour",
  "feedback",
  "both",
  "both by the token alone",
  "both in the journal, no in the token",
  "withdrawn before the event",
  "withdrawn since the event",
] as const;
/** What a person has had decided. */
const RIGHTS = ["nothing", "restricted", "objected", "erased since"] as const;
/** How a person's Partner stands. `at the door`: when the beacon comes; `on the way`: when it is processed. */
const STANDINGS = [
  "active",
  "left at the door",
  "left on the way",
  "unknown at the door",
  "unknown on the way",
] as const;

interface Case {
  readonly acct: AccountKind;
  readonly type: string;
  readonly consent: (typeof CONSENTS)[number];
  readonly right: (typeof RIGHTS)[number];
  readonly standing: (typeof STANDINGS)[number];
  /** The user id: one a case. */
  readonly sub: string;
}

/** The policy: whose event of what kind is kept, and how. */
function toPromised({ acct, type, consent, right, standing }: Case): string {
  // A Partner is the controller: once it has left, or before it is on file, we have nobody's instruction.
  if (standing === "left at the door") return "403 partner_left";
  if (standing === "unknown at the door") return "403 partner_unknown";
  if (standing === "left on the way") return "dropped: partner_left";
  if (standing === "unknown on the way") return "dropped: partner_unknown";
  // People's rights come before any basis.
  if (right === "erased since") return "dropped: erased";
  if (right === "restricted") return "dropped: restricted";
  if (right === "objected") return "dropped: objected";
  const isInForce = (purpose: ConsentPurpose) =>
    consent === "both" || consent === "both by the token alone" || consent === purpose;
  if (BEHAVIOUR.includes(type)) return isInForce("behaviour") ? "behaviour, with the person" : "dropped: no_consent";
  // A public account has no contract: consent for everything. What pages somebody reads is behaviour.
  if (ENGAGEMENT.includes(type)) {
    const table = type === "attendance" ? "attendance" : "engagement";
    return acct !== "public" || isInForce("behaviour") ? `${table}, with the person` : "dropped: no_consent";
  }
  // Feedback is voluntary; to combine it with the person needs consent.
  if (isInForce("feedback")) return "feedback, with the person";
  return acct === "public" ? "dropped: no_consent" : "feedback, nobody's";
}

const CASES: readonly Case[] = [
  // Everything with everything, for one type of event of each purpose.
  ...["page_view", "leave", "feedback"].flatMap((type) =>
    (["partner", "subscriber", "public"] as const).flatMap((acct) =>
      CONSENTS.flatMap((consent) =>
        RIGHTS.map((right) => ({ acct, type, consent, right, standing: "active" as const })),
      ),
    ),
  ),
  // Whoever has a Partner, with every standing of it but the one above.
  ...["page_view", "leave", "feedback"].flatMap((type) =>
    STANDINGS.slice(1).flatMap((standing) =>
      CONSENTS.flatMap((consent) =>
        (["nothing", "restricted"] as const).map((right) => ({
          acct: "partner" as const,
          type,
          consent,
          right,
          standing,
        })),
      ),
    ),
  ),
  // The other types of event serve the same purposes.
  ...TYPES.filter((type) => !["page_view", "leave", "feedback"].includes(type)).flatMap((type) =>
    (["partner", "subscriber", "public"] as const).flatMap((acct) =>
      CONSENTS.filter((consent) => type !== "attendance" || !consent.includes("no in the token")).flatMap((consent) =>
        (type === "attendance" ? RIGHTS : (["nothing"] as const)).map((right) => {
          return { acct, type, consent, right, standing: "active" as const };
        }),
      ),
    ),
  ),
].map((one, index) => ({ ...one, sub: `person-${index}` }));

const PARTNER_OF: Readonly<Record<Case["standing"], string>> = {
  active: "acme",
  "left at the door": "gone",
  "left on the way": "leaving",
  "unknown at the door": "nobody",
  "unknown on the way": "nobody",
};

let house: RightsHouse;
let collector: HouseCollector;
/** What became of each case. */
const seen = new Map<string, string>();
const eventIds = new Map<string, string>();

const consentOf = (one: Case, purpose: ConsentPurpose, granted: boolean, at: string): Decision => ({
  kind: "consent",
  ...personOf(one),
  purpose,
  granted,
  atMs: toEpochMs(Date.parse(at)),
  wording: "2026-11",
  source: "api",
});
const personOf = (one: Case) => ({
  ref: house.toRef(one.sub, PARTNER_OF[one.standing], one.acct),
  ptn: one.acct === "partner" ? PARTNER_OF[one.standing] : "",
});
const aPartner = (id: string, left?: string): Decision => ({
  kind: "partner",
  atMs: house.clock.nowMs(),
  partner: {
    id,
    zone: "UTC",
    joinedMs: toEpochMs(0),
    ...(left === undefined ? {} : { leftMs: toEpochMs(Date.parse(left)) }),
  },
});

function toPurpose(type: string) {
  if (type === "feedback") return "feedback" as const;
  return BEHAVIOUR.includes(type) ? ("behaviour" as const) : ("engagement" as const);
}

/** What stands in the journal before the event happens, at 12:00. */
function toBefore(one: Case): readonly Decision[] {
  const { consent, right } = one;
  const granted: readonly ConsentPurpose[] =
    consent === "behaviour" || consent === "feedback"
      ? [consent]
      : consent === "none" || consent === "both by the token alone"
        ? []
        : ["behaviour", "feedback"];
  const person = personOf(one);
  const atMs = toEpochMs(Date.parse("2026-11-20T11:00:00Z"));
  return [
    ...granted.map((purpose) => consentOf(one, purpose, true, "2026-11-20T10:00:00Z")),
    ...(consent === "withdrawn before the event"
      ? granted.map((purpose) => consentOf(one, purpose, false, "2026-11-20T11:00:00Z"))
      : []),
    ...(right === "restricted" ? [{ kind: "restriction", atMs, ...person, on: true } as const] : []),
    ...(right === "objected"
      ? [{ kind: "objection", atMs, ...person, purpose: toPurpose(one.type), on: true } as const]
      : []),
  ];
}

/** What is decided while the event lies on the log, at 12:05. */
function toSince(one: Case): readonly Decision[] {
  const atMs = toEpochMs(Date.parse("2026-11-20T12:04:00Z"));
  return [
    ...(one.consent === "withdrawn since the event"
      ? (["behaviour", "feedback"] as const).map((purpose) => consentOf(one, purpose, false, "2026-11-20T12:04:00Z"))
      : []),
    ...(one.right === "erased since" ? [{ kind: "erasure", atMs, ...personOf(one) } as const] : []),
  ];
}

function toTokenConsent({ consent }: Case): { consent?: { behaviour: boolean; feedback: boolean } } {
  if (consent === "both by the token alone") return { consent: { behaviour: true, feedback: true } };
  return consent === "both in the journal, no in the token" ? { consent: { behaviour: false, feedback: false } } : {};
}

/**
 * Sends the event of a case the way that it can come: attendances by a server; and the collector lets nobody of an unknown
 * Partner in, but an older one might have.
 */
async function send(one: Case): Promise<void> {
  const { sub, acct, type, standing } = one;
  const partner = PARTNER_OF[standing];
  if (standing === "unknown on the way" || type === "attendance") {
    const id = newEventId();
    eventIds.set(id, sub);
    const about = type === "attendance" ? { event: { id: "w-1", title: "", kind: "webinar" }, minutes: 30 } : {};
    const { consent } = toTokenConsent(one);
    const given = { type: type as "leave", id: id as never, ...about }; // types and ids of the wire
    await house.send({ sub, acct, partner, ...given, ...(consent?.behaviour === true ? { consents: true } : {}) });
    return;
  }
  const event = collector.toEvent(type);
  eventIds.set(event.id, sub);
  const answer = await collector.send({ sub, acct, partner, ...toTokenConsent(one) }, [event]);
  if (answer.status !== 202) seen.set(sub, `${answer.status} ${answer.code}`);
}

async function readOutcomes(): Promise<void> {
  const tables = ["engagement", "behaviour", "feedback", "attendance"];
  const rows = await house.rows<{ id: string; place: string; who: string }>(
    [
      ...tables.map(
        (table) => `SELECT toString(event_id) AS id, '${table}' AS place, lower(hex(pseudonym)) AS who FROM ${table}`,
      ),
      "SELECT toString(event_id), concat('dropped: ', reason), '' FROM drops",
    ].join(" UNION ALL "),
  );
  for (const { id, place, who } of rows) {
    const one = CASES.find(({ sub }) => sub === eventIds.get(id));
    if (one === undefined) throw new Error(`nobody sent ${id}`);
    const theirs = house.toPseudonyms(one.sub, PARTNER_OF[one.standing], one.acct).map(({ pseudonym }) => pseudonym);
    const whose = theirs.includes(who as never) ? "with the person" : /^0+$/.test(who) ? "nobody's" : "somebody else's";
    const outcome = place.startsWith("dropped") ? place : `${place}, ${whose}`;
    seen.set(one.sub, seen.has(one.sub) ? `${seen.get(one.sub)} and ${outcome}` : outcome);
  }
}

beforeAll(async () => {
  house = await openRightsHouse();
  collector = await openHouseCollector(house);
  await house.service.decide([aPartner("gone", "2026-11-20T00:00:00Z"), aPartner("leaving")]);
  house.service.keyFiles.addSalts(["gone", "leaving"]);
  await house.service.decide(CASES.flatMap(toBefore));
  {
    // Nothing is processed until everything below is decided.
    await using _ = await house.service.pauseTransform();
    for (const one of CASES) await send(one);
    house.at("2026-11-20T12:05:00Z");
    await house.service.decide([...CASES.flatMap(toSince), aPartner("leaving", "2026-11-20T12:04:00Z")]);
  }
  await house.settle();
  await readOutcomes();
}, 240_000);
afterAll(async () => {
  await collector[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

describe("what becomes of an event, from the beacon to the tables", () => {
  it.each(["partner", "subscriber", "public"] as const)(
    "%s accounts, with every consent, right and standing",
    (acct) => {
      const wanted = CASES.filter((one) => one.acct === acct);
      const told = (outcome: (one: Case) => string) =>
        wanted.map((one) => `${one.type}, ${one.consent}, ${one.right}, ${one.standing}: ${outcome(one)}`);
      expect(told(({ sub }) => seen.get(sub) ?? "nothing")).toEqual(told(toPromised));
      expect(wanted.length).toBeGreaterThan(90);
    },
  );

  it("is every outcome that the policy knows", () => {
    expect(new Set(seen.values())).toEqual(
      new Set([
        "engagement, with the person",
        "attendance, with the person",
        "behaviour, with the person",
        "feedback, with the person",
        "feedback, nobody's",
        ...["no_consent", "erased", "restricted", "objected", "partner_left", "partner_unknown"].map(
          (reason) => `dropped: ${reason}`,
        ),
        "403 partner_left",
        "403 partner_unknown",
      ]),
    );
  });

  it("keeps nothing of the log's events twice, and loses none", async () => {
    const refused = [...seen.values()].filter((outcome) => outcome.startsWith("403")).length;
    const [row] = await house.rows<{ c: string }>(
      `SELECT toString(count()) AS c FROM (SELECT event_id FROM engagement UNION ALL SELECT event_id FROM behaviour
       UNION ALL SELECT event_id FROM feedback UNION ALL SELECT event_id FROM attendance UNION ALL SELECT event_id FROM drops)`,
    );
    expect(Number(row?.c)).toBe(CASES.length - refused);
    expect(seen.size).toBe(CASES.length);
  });

  it("of anybody who is not signed in is a sum, for page views, and nothing else", async () => {
    const count = async (table: string) =>
      Number((await house.rows<{ c: string }>(`SELECT toString(count()) AS c FROM ${table}`))[0]?.c);
    const before = await Promise.all(["engagement", "behaviour", "feedback", "drops"].map(count));
    for (const type of TYPES) {
      const { status } = await collector.send(undefined, [collector.toEvent(type)]);
      expect([type, status]).toEqual([type, type === "attendance" ? 400 : 202]); // no browser knows who attended
    }
    await house.settle();
    expect(await Promise.all(["engagement", "behaviour", "feedback", "drops"].map(count))).toEqual(before);
    expect(await house.rows("SELECT toString(sum(views)) AS views FROM statistics_hourly")).toEqual([{ views: "1" }]);
  });

  it("of a type or account that the rules do not name is dropped as no_basis", async () => {
    await house.send(
      { sub: "odd-type", type: "hover" as never }, // of a newer collector
      { sub: "odd-account", acct: "guest" as never },
    );
    await house.settle();
    expect(
      await house.rows(
        "SELECT reason, toString(count()) AS c FROM drops WHERE type = 'hover' OR reason = 'no_basis' GROUP BY reason",
      ),
    ).toEqual([{ reason: "no_basis", c: "2" }]);
  });
});
