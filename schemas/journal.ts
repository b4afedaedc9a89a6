import type { Purpose } from "./event.ts";
import type { EpochMs, SubjectRef } from "./ids.ts";

/** A Partner as the pipeline needs it: no personal data, no money. The rest lies in the `partners` table. */
export interface PartnerTerms {
  readonly id: string;
  /** IANA zone; hour, day and month borders of this Partner's figures. */
  readonly zone: string;
  /** First moment of the contract, UTC. */
  readonly joinedMs: EpochMs;
  /** Processing stops at this moment, UTC; absent while the contract runs. */
  readonly leftMs?: EpochMs;
}

/** A person as the journal knows them: the keyed reference and the Partner whose salt pseudonyms are made with. Never a user id. */
export interface JournalPerson {
  readonly ref: SubjectRef;
  /** Partner id; empty for subscriber and public accounts. */
  readonly ptn: string;
}

/** Purposes that a person can agree to. */
export const CONSENT_PURPOSES = ["behaviour", "feedback"] as const satisfies readonly Purpose[];
/** A purpose that a person can agree to. */
export type ConsentPurpose = (typeof CONSENT_PURPOSES)[number];

/** Where a choice came from. */
export const CONSENT_SOURCES = ["beacon", "api", "operator"] as const;
/** One of the places that a choice can come from. */
export type ConsentSource = (typeof CONSENT_SOURCES)[number];

/** One yes or no of one person to one purpose (GDPR Art. 7(1): the controller must be able to show it). */
export interface ConsentChange {
  readonly purpose: ConsentPurpose;
  readonly granted: boolean;
  /** When the person chose, UTC. */
  readonly atMs: EpochMs;
  /** Version of the wording that the person saw, 1 to 60 characters; never free text about the person. */
  readonly wording: string;
  readonly source: ConsentSource;
}

/** What a Partner, as the controller, has instructed in writing. */
export const INSTRUCTION_SCOPES = ["rights", "named_people"] as const;
/** One thing that a Partner can instruct: `rights`: we answer its people's requests; `named_people`: its report may name people. */
export type InstructionScope = (typeof INSTRUCTION_SCOPES)[number];

/** What is corrected about a person (GDPR Art. 16). Absent parts stay as they are. */
export interface Rectification {
  /** Department from now on in all rows kept; empty: none. */
  readonly dept?: string;
  /** The rows belong to this person instead: the same user id at another Partner. */
  readonly moveTo?: JournalPerson;
  /** Uses of one resource were uses of another. */
  readonly resource?: { readonly from: string; readonly to: string };
}

/** One decision, as it stands in the journal. `atMs` is when it takes effect, UTC. */
export type Decision =
  | { readonly kind: "partner"; readonly atMs: EpochMs; readonly partner: PartnerTerms }
  | ({ readonly kind: "consent" } & JournalPerson & ConsentChange)
  /** GDPR Art. 21: nothing of that purpose is kept of the person from `atMs` on; `on: false` takes it back. */
  | ({
      readonly kind: "objection";
      readonly atMs: EpochMs;
      readonly purpose: Purpose;
      readonly on: boolean;
    } & JournalPerson)
  /** GDPR Art. 18: what is stored stays and is used for nothing; nothing new is kept. */
  | ({ readonly kind: "restriction"; readonly atMs: EpochMs; readonly on: boolean } & JournalPerson)
  /** GDPR Art. 17: what happened or was received up to `atMs` is gone and does not come back. */
  | ({ readonly kind: "erasure"; readonly atMs: EpochMs } & JournalPerson)
  /**
   * GDPR Art. 7(3), 17(1)(b): what was collected for one purpose and happened or was received up to `atMs` is gone and
   * does not come back; the other purposes stay. A kind of its own, never an erasure with a purpose: a release that does
   * not know it must stop, not erase the whole person.
   */
  | ({ readonly kind: "removal"; readonly atMs: EpochMs; readonly purpose: Purpose } & JournalPerson)
  | ({ readonly kind: "rectification"; readonly atMs: EpochMs; readonly change: Rectification } & JournalPerson)
  /**
   * No interaction for two years, or the Partner is long gone: consents and rectifications are forgotten. Refusals
   * (a last withdrawal, objections, a restriction, the latest erasure and removals) stay as a keyed suppression entry.
   */
  | ({ readonly kind: "forgotten"; readonly atMs: EpochMs } & JournalPerson)
  | {
      readonly kind: "instruction";
      readonly atMs: EpochMs;
      readonly partner: string;
      readonly scope: InstructionScope;
      readonly on: boolean;
      /** Where the letter is filed: the Partner's or our own reference. */
      readonly reference: string;
    }
  /** What was done to a key: never a key. `key` is `epoch 3`, `salt acme`, `token www-1a2b`. */
  | {
      readonly kind: "key";
      readonly atMs: EpochMs;
      readonly action: "added" | "revoked" | "destroyed";
      readonly key: string;
    }
  /** While a hold is on, no clock deletes what it covers: one Partner's rows, or everyone's (`partner` absent). */
  | {
      readonly kind: "hold";
      readonly atMs: EpochMs;
      readonly id: string;
      readonly partner?: string;
      readonly on: boolean;
      /** Where the order is filed. */
      readonly reference: string;
    }
  /**
   * The journal begins anew here: what still holds is restated up to `carried_end`, and then what stood before may be
   * removed. `count` and `head` are of the journal before. A carry-over that another decision stands in counts as not
   * written.
   */
  | { readonly kind: "carried"; readonly atMs: EpochMs; readonly count: number; readonly head: string }
  | { readonly kind: "carried_end"; readonly atMs: EpochMs };

/**
 * One record of the `journal` stream, as UTF-8 JSON. `prev` is the SHA-256 (base64url) of the bytes of the record
 * before it; empty for the very first. A record for a place that is taken, or on top of such a record, lost a race
 * against another writer or was delivered again, and counts as not written; any other whose `prev` is not the record
 * before it shows that the journal was changed.
 */
export interface JournalRecord {
  readonly v: 1;
  /** Its place: 1 for the very first. Counts on over carry-overs, so that a late loser is known when what beat it is gone. */
  readonly number: number;
  readonly prev: string;
  readonly decision: Decision;
  /** In a restated decision and in `carried_end`: the number of the `carried` record that it belongs to. */
  readonly carry?: number;
}

/** How far a journal reaches. */
export interface JournalHead {
  /** Records that hold, from the very first on, also those that a carry-over has removed. */
  readonly count: number;
  /** SHA-256 of the last of their records, base64url; empty if there is none. */
  readonly hash: string;
}

/** What one person has decided, or was decided about them. */
export interface PersonChoices {
  readonly ptn: string;
  /** Oldest first. */
  readonly consents: readonly ConsentChange[];
  /** Purposes objected to, each with the moment from which on. */
  readonly objections: ReadonlyMap<Purpose, EpochMs>;
  readonly restricted: boolean;
  /** When the restriction was decided that is on. */
  readonly restrictedMs?: EpochMs;
  /** The latest erasure. */
  readonly erasedMs?: EpochMs;
  /** By purpose the latest removal of what was collected for it. */
  readonly removals: ReadonlyMap<Purpose, EpochMs>;
  readonly forgottenMs?: EpochMs;
  /** Oldest first; a restore applies them again. */
  readonly rectifications: readonly { readonly atMs: EpochMs; readonly change: Rectification }[];
}

/** A hold that is on. */
export interface LegalHold {
  readonly id: string;
  readonly partner?: string;
  readonly sinceMs: EpochMs;
  readonly reference: string;
}

/** What the journal says now. A live view: it moves on while it is held. */
export interface JournalState {
  readonly partners: ReadonlyMap<string, PartnerTerms>;
  readonly people: ReadonlyMap<SubjectRef, PersonChoices>;
  /** By Partner: what it has instructed, with the reference. */
  readonly instructions: ReadonlyMap<string, ReadonlyMap<InstructionScope, string>>;
  readonly holds: ReadonlyMap<string, LegalHold>;
  /** What was done to keys, oldest first. */
  readonly keyEvents: readonly Extract<Decision, { kind: "key" }>[];
  /** When terms and instructions that hold were decided: `partner acme`, `instruction acme rights`. */
  readonly decidedMs: ReadonlyMap<string, EpochMs>;
}

/** Nothing decided yet. */
export const EMPTY_JOURNAL: JournalState = {
  partners: new Map(),
  people: new Map(),
  instructions: new Map(),
  holds: new Map(),
  keyEvents: [],
  decidedMs: new Map(),
};

const NO_CHOICES: Omit<PersonChoices, "ptn"> = {
  consents: [],
  objections: new Map(),
  restricted: false,
  removals: new Map(),
  rectifications: [],
};

/**
 * What the decisions so far come to. Adding one costs the same however many there are.
 *
 * Taking the latest decisions a second time, in their order, changes nothing: a writer that does not know whether its
 * decision was written may write it again, and a carry-over may restate what is decided meanwhile.
 */
export class JournalBook implements JournalState {
  readonly partners = new Map<string, PartnerTerms>();
  readonly people = new Map<SubjectRef, PersonChoices>();
  readonly instructions = new Map<string, Map<InstructionScope, string>>();
  readonly holds = new Map<string, LegalHold>();
  readonly keyEvents: Extract<Decision, { kind: "key" }>[] = [];
  readonly decidedMs = new Map<string, EpochMs>();

  /** Takes one more decision. The last one about a thing holds; about consent the latest by the person's own time. */
  add(decision: Decision): void {
    switch (decision.kind) {
      case "partner":
        this.partners.set(decision.partner.id, decision.partner);
        this.decidedMs.set(`partner ${decision.partner.id}`, decision.atMs);
        return;
      case "instruction":
        this.#addInstruction(decision);
        return;
      case "hold":
        if (decision.on) this.holds.set(decision.id, toHold(decision));
        else this.holds.delete(decision.id);
        return;
      case "key":
        if (!this.keyEvents.some((known) => isSameKeyEvent(known, decision))) this.keyEvents.push(decision);
        return;
      case "carried":
      case "carried_end":
        return;
      default:
        this.people.set(
          decision.ref,
          addChoice(this.people.get(decision.ref) ?? { ptn: decision.ptn, ...NO_CHOICES }, decision),
        );
    }
  }

  /** Takes over all that another book says, in place of what this one did. */
  become(other: JournalBook): void {
    replaceAll(this.partners, other.partners);
    replaceAll(this.people, other.people);
    replaceAll(this.instructions, other.instructions);
    replaceAll(this.holds, other.holds);
    replaceAll(this.decidedMs, other.decidedMs);
    this.keyEvents.splice(0, Number.POSITIVE_INFINITY, ...other.keyEvents);
  }

  #addInstruction({ partner, scope, on, reference, atMs }: Extract<Decision, { kind: "instruction" }>): void {
    const scopes = this.instructions.get(partner) ?? new Map<InstructionScope, string>();
    const name = `instruction ${partner} ${scope}`;
    if (on) {
      scopes.set(scope, reference);
      this.decidedMs.set(name, atMs);
    } else {
      scopes.delete(scope);
      this.decidedMs.delete(name);
    }
    if (scopes.size > 0) this.instructions.set(partner, scopes);
    else this.instructions.delete(partner);
  }
}

function replaceAll<K, V>(held: Map<K, V>, others: ReadonlyMap<K, V>): void {
  held.clear();
  for (const [key, value] of others) held.set(key, value);
}

function toHold({ id, partner, atMs, reference }: Extract<Decision, { kind: "hold" }>): LegalHold {
  return { id, sinceMs: atMs, reference, ...(partner === undefined ? {} : { partner }) };
}

function isSameKeyEvent(a: Extract<Decision, { kind: "key" }>, b: Extract<Decision, { kind: "key" }>): boolean {
  return a.atMs === b.atMs && a.action === b.action && a.key === b.key;
}

/** Decisions about a person. */
type PersonDecision = Extract<Decision, JournalPerson>;

/** A person's choices after one more. Pure. */
function addChoice(choices: PersonChoices, decision: PersonDecision): PersonChoices {
  switch (decision.kind) {
    case "consent":
      return { ...choices, consents: addConsent(choices.consents, decision) };
    case "objection": {
      const objections = new Map(choices.objections);
      if (decision.on) objections.set(decision.purpose, decision.atMs);
      else objections.delete(decision.purpose);
      return { ...choices, objections };
    }
    case "restriction": {
      const { restrictedMs: _, ...rest } = choices;
      return decision.on ? { ...rest, restricted: true, restrictedMs: decision.atMs } : { ...rest, restricted: false };
    }
    case "erasure":
      return { ...choices, erasedMs: toLater(choices.erasedMs, decision.atMs) };
    case "removal": {
      const { purpose, atMs } = decision;
      const removals = new Map(choices.removals);
      return { ...choices, removals: removals.set(purpose, toLater(removals.get(purpose), atMs)) };
    }
    case "rectification":
      return { ...choices, rectifications: addRectification(choices.rectifications, decision) };
    case "forgotten":
      return forget(choices, decision.atMs);
  }
}

/** The same choice told twice is one choice. Of two at one moment the one that was written later holds. */
function addConsent(consents: readonly ConsentChange[], change: ConsentChange): readonly ConsentChange[] {
  const { purpose, granted, atMs, wording, source } = change;
  const isKnown = consents.some(
    (known) =>
      known.atMs === atMs &&
      known.purpose === purpose &&
      known.granted === granted &&
      known.wording === wording &&
      known.source === source,
  );
  if (isKnown) return consents;
  const place = consents.findLastIndex((known) => known.atMs <= atMs) + 1;
  return consents.toSpliced(place, 0, { purpose, granted, atMs, wording, source });
}

function addRectification(
  known: PersonChoices["rectifications"],
  { atMs, change }: Extract<Decision, { kind: "rectification" }>,
): PersonChoices["rectifications"] {
  const isKnown = known.some((one) => one.atMs === atMs && isSameRectification(one.change, change));
  return isKnown ? known : [...known, { atMs, change }];
}

function isSameRectification(a: Rectification, b: Rectification): boolean {
  return (
    a.dept === b.dept &&
    a.moveTo?.ref === b.moveTo?.ref &&
    a.moveTo?.ptn === b.moveTo?.ptn &&
    a.resource?.from === b.resource?.from &&
    a.resource?.to === b.resource?.to
  );
}

/**
 * Consents and rectifications up to the moment go; later ones stay. What the person refused stays as the suppression
 * entry: the last word on a purpose where it was a withdrawal, objections, a restriction that is on, the latest erasure
 * and removals.
 * To forget a refusal would be to measure them again as soon as a token claims consent.
 */
function forget(choices: PersonChoices, atMs: EpochMs): PersonChoices {
  return {
    ...choices,
    consents: choices.consents.filter((change) => change.atMs > atMs || isRefusal(choices.consents, change)),
    rectifications: choices.rectifications.filter((one) => one.atMs > atMs),
    forgottenMs: toLater(choices.forgottenMs, atMs),
  };
}

/** Tells whether a change is a person's last word on its purpose, and a withdrawal. Such a change outlives forgetting. */
export function isRefusal(consents: readonly ConsentChange[], change: ConsentChange): boolean {
  return !change.granted && change === consents.findLast(({ purpose }) => purpose === change.purpose);
}

function toLater(a: EpochMs | undefined, b: EpochMs): EpochMs {
  return a === undefined || a < b ? b : a;
}

/** The state that these decisions come to. */
export function toJournalState(decisions: Iterable<Decision>): JournalState {
  const book = new JournalBook();
  for (const decision of decisions) book.add(decision);
  return book;
}

/** How a Partner stands at an instant. */
export type PartnerStanding = "unknown" | "active" | "left";

/** Tells whether a Partner's people may be measured at `nowMs` (UTC). A contract that starts later does not stop measuring. */
export function toPartnerStanding(state: JournalState, partner: string, nowMs: EpochMs): PartnerStanding {
  const terms = state.partners.get(partner);
  if (terms === undefined) return "unknown";
  return terms.leftMs !== undefined && terms.leftMs <= nowMs ? "left" : "active";
}

/** Tells whether a hold forbids the clocks to delete a Partner's rows. */
export function isHeld(state: JournalState, partner: string): boolean {
  return [...state.holds.values()].some((hold) => hold.partner === undefined || hold.partner === partner);
}
