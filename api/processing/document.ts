import { MEASURES, type ProcessingRole } from "../../schemas/processing.ts";
import type { ProcessingActivity, ProcessingController, ProcessingRecord } from "./record.ts";

/** A piece of text: as it is, names of the code, or a gap that only a person can fill. */
export type Piece = string | { readonly code: readonly string[] } | { readonly gap: string };

/** Rows under headings; the first cell of each row says what the row is about. */
export interface DocumentTable {
  readonly caption: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly Piece[])[];
}

/** One part of the document. */
export interface DocumentSection {
  readonly id: string;
  readonly title: string;
  readonly paragraphs: readonly (readonly Piece[])[];
  readonly tables: readonly DocumentTable[];
}

/** What stands on the page, whatever it is written in. */
export interface ProcessingDocument {
  readonly title: string;
  /** Who and when, a line each. */
  readonly facts: readonly (readonly [name: string, value: Piece])[];
  readonly sections: readonly DocumentSection[];
}

const NOT_SET = {
  organisation: { gap: "not set: name the organisation in ROEBUCK_ORGANISATION" },
  contact: { gap: "not set: name the data protection officer or contact in ROEBUCK_PRIVACY_CONTACT" },
} as const;

/** Lays the records of processing out: what GDPR Art. 30(1) and 30(2) ask for, in their order. Pure. */
export function toProcessingDocument(record: ProcessingRecord): ProcessingDocument {
  const { organisation, contact, madeMs, activities } = record;
  const us: Piece = organisation ?? "The organisation";
  return {
    title: "Records of processing activities",
    facts: [
      ["Organisation", organisation ?? NOT_SET.organisation],
      ["Data protection contact", contact ?? NOT_SET.contact],
      ["Software", "Roebuck: use of the website by signed-in people, and records of it for Partners"],
      [
        "As of",
        `${new Date(madeMs).toISOString().slice(0, 16).replace("T", " ")} UTC, from the code and settings in force`,
      ],
    ],
    sections: [
      {
        id: "responsible",
        title: "Who is responsible",
        paragraphs: [
          [
            us,
            " is the controller of what is kept of subscribers, public accounts, Link Officers and its own operators (GDPR Art. 30(1)).",
          ],
          [
            "Each Partner is the controller of what is kept of its own people.",
            us,
            " is its processor and acts on its instructions (Art. 30(2)).",
          ],
        ],
        tables: [],
      },
      toControllerSection(activities),
      toProcessorSection(record),
      toAnonymousSection(activities),
      toTransferSection(record),
      toSecuritySection(),
      toFieldsSection(activities),
    ],
  };
}

const isOf = (role: ProcessingRole) => (activity: ProcessingActivity) => activity.roles.includes(role);
const toStores = ({ stores }: ProcessingActivity): Piece => ({ code: stores });

function toControllerSection(activities: readonly ProcessingActivity[]): DocumentSection {
  return {
    id: "controller",
    title: "As controller (Art. 30(1))",
    paragraphs: [],
    tables: [
      {
        caption: "Purposes, people, data, recipients and time limits",
        headings: ["Purpose", "Whose data, and what", "Lawful basis", "Who gets it", "How long", "Where"],
        rows: activities
          .filter(isOf("controller"))
          .map((one) => [
            toSentence(one.purpose),
            one.concerns,
            one.basis,
            one.recipients,
            one.retention,
            toStores(one),
          ]),
      },
    ],
  };
}

function toProcessorSection({ activities, controllers }: ProcessingRecord): DocumentSection {
  return {
    id: "processor",
    title: "As processor (Art. 30(2))",
    paragraphs: [["Instructions, contracts and sub-processors are agreed with each Partner outside this software."]],
    tables: [
      {
        caption: "Processing on behalf of Partners",
        headings: ["Processing", "Whose data, and what", "How long", "Where"],
        rows: activities
          .filter(isOf("processor"))
          .map((one) => [toSentence(one.purpose), one.concerns, one.retention, toStores(one)]),
      },
      {
        caption: `Controllers: Partners on file (${controllers.length})`,
        headings: ["Partner", "Contact", "Contract", "Instruction to answer its people"],
        rows: controllers.map(toControllerRow),
      },
    ],
  };
}

function toControllerRow({ partner, name, contacts, hasLeft, hasInstruction }: ProcessingController): readonly Piece[] {
  const people = contacts.map((one) => (one.name === "" ? one.email : `${one.name}, ${one.email}`)).join("; ");
  return [
    name === partner ? partner : `${name} (${partner})`,
    people === "" ? { gap: "no Link Officer is on file" } : people,
    hasLeft ? "has ended" : "runs",
    hasInstruction ? "on file" : "not on file",
  ];
}

function toAnonymousSection(activities: readonly ProcessingActivity[]): DocumentSection {
  return {
    id: "anonymous",
    title: "Kept without personal data",
    paragraphs: [],
    tables: [
      {
        caption: "What is kept that is about nobody",
        headings: ["Purpose", "What", "How long", "Where"],
        rows: activities
          .filter(({ roles }) => roles.length === 0)
          .map((one) => [toSentence(one.purpose), one.concerns, one.retention, toStores(one)]),
      },
    ],
  };
}

function toTransferSection({ places }: ProcessingRecord): DocumentSection {
  return {
    id: "places",
    title: "Where it lies, and transfers",
    paragraphs: [
      ["The software gives personal data to nobody but the recipients above, and calls no other service."],
      [
        "Transfers to third countries: ",
        { gap: "to be filled in if a place below stands outside the UK and the EEA: which country, and the safeguard" },
      ],
    ],
    tables: [
      {
        caption: "Places, under the settings in force",
        headings: ["What", "Where", "How it is protected"],
        rows: places.map(({ what, where, protection }) => [what, where, protection]),
      },
    ],
  };
}

function toSecuritySection(): DocumentSection {
  return {
    id: "security",
    title: "Technical and organisational measures (Art. 32)",
    paragraphs: [],
    tables: [
      {
        caption: "What protects the data",
        headings: ["Measure", "How"],
        rows: MEASURES.map(({ title, prose }) => [title, prose]),
      },
    ],
  };
}

function toFieldsSection(activities: readonly ProcessingActivity[]): DocumentSection {
  return {
    id: "fields",
    title: "Every field that is kept",
    paragraphs: [],
    tables: activities
      .filter(({ fields }) => fields.length > 0)
      .map(({ stores, fields }) => ({
        caption: `Fields of ${stores.join(", ")}`,
        headings: ["Field", "Meaning"],
        rows: fields.map(({ name, prose }) => [{ code: [name] }, prose]),
      })),
  };
}

function toSentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
