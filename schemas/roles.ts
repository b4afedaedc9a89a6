/** What a caller with an API key can do, each thing with a name of its own. */
export const ACTIONS = {
  "consents.tell": { prose: "tell the choices that people have made on the site" },
  "attendance.tell": { prose: "tell who attended an event" },
  "subject.lookup": { prose: "see what is held about people" },
  "subject.export": { prose: "take out everything that is held about a person" },
  "subject.rectify": { prose: "correct what is stored about people" },
  "subject.restrict": { prose: "restrict the processing of people" },
  "subject.unrestrict": { prose: "lift a restriction" },
  "subject.object": { prose: "note objections" },
  "subject.erase": { prose: "erase people" },
  "requests.read": { prose: "see people's requests and their certificates" },
  "requests.open": { prose: "note that somebody has asked" },
  "requests.step": { prose: "stop, resume, extend, acknowledge and close requests" },
  "instruction.read": { prose: "see Partners' instructions" },
  "instruction.set": { prose: "put a Partner's instruction on file" },
  "instruction.revoke": { prose: "take a Partner's instruction off file" },
  "hold.read": { prose: "see legal holds" },
  "hold.set": { prose: "put a legal hold on" },
  "hold.release": { prose: "take a legal hold off" },
  "processing.read": { prose: "see the records of processing" },
  "operations.read": { prose: "see on the operator's page how the installation stands" },
  "views.read": { prose: "read the rows of the analysts' views" },
  "records.read": { prose: "read closed records, also as COUNTER reports" },
  "records.early": { prose: "see records of months that were closed before they were over" },
  "completeness.read": { prose: "see how complete months are" },
  "partners.read": { prose: "see Partners and their contracts" },
  "partners.write": { prose: "import Partners" },
  "contacts.read": { prose: "see who the Link Officers are" },
  "contacts.write": { prose: "change who the Link Officers are" },
  "months.close": { prose: "close months" },
  "runs.read": { prose: "see what ran and how it ended" },
  "audit.read": { prose: "read the audit trail" },
  "person.record": {
    prose: "read one person's own record, where the Partner has instructed that people be named",
  },
} as const satisfies Record<string, { readonly prose: string }>;

/** The name of something that a caller can do. */
export type Action = keyof typeof ACTIONS;
/** Every action, in the order of the catalogue. */
export const ACTION_NAMES = Object.keys(ACTIONS) as readonly Action[]; // keys of a constant object

/**
 * The roles that an API key can have. A role may do what stands here and nothing else; a key of several roles may do
 * what any of them may.
 *
 * @see GDPR Art. 25, 32: access by need
 */
export const ROLES = {
  ingest: {
    prose: "A server of the site: tells what people have chosen and who attended, reads nothing.",
    may: ["consents.tell", "attendance.tell"],
  },
  analyst: {
    prose: "Reads figures and pseudonymous rows, changes nothing.",
    may: ["views.read", "records.read", "records.early", "completeness.read"],
  },
  officer: {
    prose: "A Link Officer's system: reads the closed records of its own Partner.",
    may: ["records.read", "completeness.read", "partners.read", "contacts.read", "processing.read"],
  },
  privacy: {
    prose: "The privacy officer: answers people's requests, files instructions and legal holds.",
    may: [
      "consents.tell",
      "subject.lookup",
      "subject.export",
      "subject.rectify",
      "subject.restrict",
      "subject.unrestrict",
      "subject.object",
      "subject.erase",
      "requests.read",
      "requests.open",
      "requests.step",
      "instruction.read",
      "instruction.set",
      "instruction.revoke",
      "hold.read",
      "hold.set",
      "hold.release",
      "processing.read",
      "audit.read",
    ],
  },
  operator: {
    prose: "Runs the installation: Partners and months; no person's data.",
    may: [
      "operations.read",
      "partners.read",
      "partners.write",
      "contacts.read",
      "contacts.write",
      "months.close",
      "records.read",
      "records.early",
      "completeness.read",
      "runs.read",
    ],
  },
  crm: {
    prose:
      "The CRM: keeps Partners and Link Officers current, takes their records, and one person's own where that is instructed.",
    may: [
      "partners.read",
      "partners.write",
      "contacts.read",
      "contacts.write",
      "records.read",
      "completeness.read",
      "person.record",
    ],
  },
} as const satisfies Record<string, { readonly prose: string; readonly may: readonly Action[] }>;

/** The name of a role. */
export type Role = keyof typeof ROLES;
/** Every role, in the order of the catalogue. */
export const ROLE_NAMES = Object.keys(ROLES) as [Role, ...Role[]]; // keys of a constant object that is not empty

/** Tells whether any of the roles may do it. What no role names is forbidden. Pure. */
export function mayDo(roles: readonly Role[], action: Action): boolean {
  return roles.some((role) => (ROLES[role].may as readonly Action[]).includes(action)); // widened: each list is of actions
}
