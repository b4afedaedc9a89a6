import type { Resource } from "../../schemas/event.ts";

/** A Partner of the demo: how many of its people there are and how keen they are (visits a person and month). */
export interface DemoPartner {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly seats: number | null;
  readonly fee: string;
  readonly zone: string;
  readonly people: number;
  readonly visitsPerMonth: number;
  readonly departments: readonly string[];
}

const councilTeams = ["Early help", "Safeguarding", "Looked-after children", "Youth justice", "Commissioning"];
const schoolTeams = ["Teaching", "Pastoral care", "SEND", "Leadership"];
const charityTeams = ["Front line", "Policy", "Volunteers"];
const united = "Europe/London";

/** Twelve invented Partners of all sizes, one of them without any use and one with a trying name. */
export const DEMO_PARTNERS: readonly DemoPartner[] = [
  {
    id: "northgate",
    name: "Northgate City Council",
    group: "Local authorities",
    seats: 400,
    fee: "18500.00",
    zone: united,
    people: 236,
    visitsPerMonth: 3.4,
    departments: councilTeams,
  },
  {
    id: "eastmoor",
    name: "Eastmoor County Council",
    group: "Local authorities",
    seats: 300,
    fee: "15000.00",
    zone: united,
    people: 164,
    visitsPerMonth: 2.9,
    departments: councilTeams,
  },
  {
    id: "harrowdene",
    name: "Harrowdene Borough Council",
    group: "Local authorities",
    seats: 220,
    fee: "12000.00",
    zone: united,
    people: 118,
    visitsPerMonth: 2.4,
    departments: councilTeams,
  },
  {
    id: "saltmarsh",
    name: "Saltmarsh Unitary Authority",
    group: "Local authorities",
    seats: 150,
    fee: "9800.00",
    zone: united,
    people: 61,
    visitsPerMonth: 3.1,
    departments: councilTeams,
  },
  {
    id: "kingsferry",
    name: "Kingsferry Metropolitan Council",
    group: "Local authorities",
    seats: 260,
    fee: "13200.00",
    zone: united,
    people: 97,
    visitsPerMonth: 1.8,
    departments: councilTeams,
  },
  {
    id: "westvale",
    name: "Westvale Children's Trust",
    group: "Local authorities",
    seats: 180,
    fee: "10400.00",
    zone: united,
    people: 88,
    visitsPerMonth: 3.8,
    departments: councilTeams,
  },
  {
    id: "brightwater",
    name: "Brightwater Schools Federation",
    group: "Schools",
    seats: 120,
    fee: "6000.00",
    zone: united,
    people: 74,
    visitsPerMonth: 2.6,
    departments: schoolTeams,
  },
  {
    id: "oakhollow",
    name: "Oak Hollow Academy Trust",
    group: "Schools",
    seats: 90,
    fee: "4800.00",
    zone: united,
    people: 43,
    visitsPerMonth: 2.2,
    departments: schoolTeams,
  },
  {
    id: "lanternhouse",
    name: "Lantern House",
    group: "Charities",
    seats: 40,
    fee: "2200.00",
    zone: united,
    people: 22,
    visitsPerMonth: 4.1,
    departments: charityTeams,
  },
  {
    id: "isla-verde",
    name: "Fundación Isla Verde",
    group: "Charities",
    seats: 25,
    fee: "1800.00",
    zone: "Atlantic/Canary",
    people: 4,
    visitsPerMonth: 2.0,
    departments: charityTeams,
  },
  {
    id: "partnership",
    name: "The Greater Wexcombe, Saint Aldhelm's and Lower Tarrant Valley Safeguarding Children Partnership (Multi-Agency)",
    group: "Charities",
    seats: null,
    fee: "7500.00",
    zone: united,
    people: 31,
    visitsPerMonth: 2.7,
    departments: councilTeams,
  },
  {
    id: "quietbrook",
    name: "Quietbrook Parish Forum",
    group: "Charities",
    seats: 10,
    fee: "600.00",
    zone: united,
    people: 0,
    visitsPerMonth: 0,
    departments: [],
  },
];

const TOPICS: readonly (readonly [topic: string, titles: readonly string[]])[] = [
  [
    "Safeguarding",
    [
      "Recognising neglect early",
      "Child exploitation: a practice guide",
      "Writing a child-centred chronology",
      "Professional curiosity in home visits",
      "Working with resistance",
      "Information sharing without fear",
    ],
  ],
  [
    "Mental health",
    [
      "Anxiety in primary-age children",
      "Self-harm: first conversations",
      "Trauma-informed practice in a nutshell",
      "Young carers and wellbeing",
      "Sleep, screens and mood",
    ],
  ],
  [
    "Children in care",
    [
      "Life-story work step by step",
      "Preparing young people to leave care",
      "Kinship care: the legal options",
      "Sibling contact that works",
      "The voice of the child in reviews",
    ],
  ],
  [
    "Youth justice",
    [
      "Diversion: what the evidence says",
      "Serious youth violence and schools",
      "Restorative conversations",
      "County lines: signs and responses",
    ],
  ],
  [
    "Special educational needs",
    [
      "Good plans for good transitions",
      "Autism-friendly meetings",
      "Speech, language and offending",
      "Tribunals: preparing with families",
    ],
  ],
  [
    "Leadership",
    [
      "Reflective supervision toolkit",
      "Caseloads: a manager's guide",
      "Commissioning for outcomes",
      "Inspection readiness in twelve weeks",
    ],
  ],
];
const KINDS = ["guide", "article", "video", "webinar"] as const;

/** A resource of the demo site with its address and title. */
export interface DemoResource extends Resource {
  readonly path: string;
  readonly title: string;
  readonly topic: string;
}

/** What the demo site offers. */
export const DEMO_RESOURCES: readonly DemoResource[] = TOPICS.flatMap(([topic, titles], topicIndex) =>
  titles.map((title, index) => {
    const type = KINDS[(topicIndex + index) % KINDS.length] ?? "guide";
    const slug = title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "");
    return {
      id: `r-${topicIndex + 1}${String(index + 1).padStart(2, "0")}`,
      type,
      topic,
      path: `/${type}s/${slug}`,
      title,
    };
  }),
);

/** What people of the demo look for. */
export const DEMO_SEARCHES: readonly string[] = [
  "neglect",
  "supervision template",
  "kinship care",
  "chronology",
  "county lines",
  "autism meeting",
  "leaving care",
  "self harm",
  "thresholds",
  "life story work",
  "information sharing",
  "trauma",
];

/** What people of the demo say of a resource. */
export const DEMO_COMMENTS: readonly string[] = [
  "Clear and to the point.",
  "Used it in supervision the same day.",
  "More examples, please.",
  "Just what our team needed.",
  "A shorter version would help.",
];
