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
  | ({ readonly kind: "rectification"; readonly atMs: EpochMs; readonly change: Rectification } & JournalPerson)
  /** No interaction for two years: the person's choices are forgotten; this entry alone remains. */
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
   * The journal begins anew here: all that still holds follows as ordinary decisions up to `carried_end`, and what
   * stood before may be removed. `count` and `head` are of the journal before.
   */
  | { readonly kind: "carried"; readonly atMs: EpochMs; readonly count: number; readonly head: string }
  | { readonly kind: "carried_end"; readonly atMs: EpochMs };

/** The kinds of decision. */
export type DecisionKind = Decision["kind"];

/**
 * One record of the `journal` stream, as UTF-8 JSON. `prev` is the SHA-256 (base64url) of the bytes of the record
 * before it; empty for the very first. A record whose `prev` is the hash of an older record lost a race against
 * another writer and counts as not written; one whose `prev` was never seen shows that the journal was changed.
 */
export interface JournalRecord {
  readonly v: 1;
  readonly prev: string;
  readonly decision: Decision;
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
  /** The latest erasure. */
  readonly erasedMs?: EpochMs;
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
}

/** Nothing decided yet. */
export const EMPTY_JOURNAL: JournalState = {
  partners: new Map(),
  people: new Map(),
  instructions: new Map(),
  holds: new Map(),
  keyEvents: [],
};

const NO_CHOICES: Omit<PersonChoices, "ptn"> = {
  consents: [],
  objections: new Map(),
  restricted: false,
  rectifications: [],
};

/** What the decisions so far come to. Adding one costs the same however many there are. */
export class JournalBook implements JournalState {
  readonly partners = new Map<string, PartnerTerms>();
  readonly people = new Map<SubjectRef, PersonChoices>();
  readonly instructions = new Map<string, Map<InstructionScope, string>>();
  readonly holds = new Map<string, LegalHold>();
  readonly keyEvents: Extract<Decision, { kind: "key" }>[] = [];

  /** Takes one more decision. The last one about a thing holds; about consent the latest by the person's own time. */
  add(decision: Decision): void {
    switch (decision.kind) {
      case "partner":
        this.partners.set(decision.partner.id, decision.partner);
        return;
      case "instruction":
        this.#addInstruction(decision);
        return;
      case "hold":
        if (decision.on) this.holds.set(decision.id, toHold(decision));
        else this.holds.delete(decision.id);
        return;
      case "key":
        this.keyEvents.push(decision);
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

  #addInstruction({ partner, scope, on, reference }: Extract<Decision, { kind: "instruction" }>): void {
    const scopes = this.instructions.get(partner) ?? new Map<InstructionScope, string>();
    if (on) scopes.set(scope, reference);
    else scopes.delete(scope);
    this.instructions.set(partner, scopes);
  }
}

function toHold({ id, partner, atMs, reference }: Extract<Decision, { kind: "hold" }>): LegalHold {
  return { id, sinceMs: atMs, reference, ...(partner === undefined ? {} : { partner }) };
}

/** Decisions about a person. */
type PersonDecision = Extract<Decision, JournalPerson>;

/** A person's choices after one more. Pure. */
function addChoice(choices: PersonChoices, decision: PersonDecision): PersonChoices {
  switch (decision.kind) {
    case "consent": {
      const { purpose, granted, atMs, wording, source } = decision;
      const consents = [...choices.consents, { purpose, granted, atMs, wording, source }];
      // Stable: of two at one moment the one that was written later holds.
      return { ...choices, consents: consents.toSorted((a, b) => a.atMs - b.atMs) };
    }
    case "objection": {
      const objections = new Map(choices.objections);
      if (decision.on) objections.set(decision.purpose, decision.atMs);
      else objections.delete(decision.purpose);
      return { ...choices, objections };
    }
    case "restriction":
      return { ...choices, restricted: decision.on };
    case "erasure":
      return { ...choices, erasedMs: decision.atMs };
    case "rectification":
      return { ...choices, rectifications: [...choices.rectifications, decision] };
    case "forgotten":
      return { ...choices, ...NO_CHOICES, forgottenMs: decision.atMs };
  }
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
