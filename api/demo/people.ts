import type { TokenConsent } from "../../schemas/event.ts";
import type { DemoPartner } from "./catalogue.ts";

/** A person of the demo: the same in every month. */
export interface DemoPerson {
  readonly partner: string;
  /** The id that the site knows them by. */
  readonly id: string;
  readonly dept: string;
  /** What they chose on the site; absent: they were never asked. */
  readonly consent?: TokenConsent;
  /** For reports of meeting tools, which know addresses and names and no user id. */
  readonly email: string;
  readonly name: string;
}

const FIRST_NAMES = ["Avery", "Robin", "Jay", "Casey", "Wren", "Linnet", "Merle", "Rowan", "Sorrel", "Ash", "Lark"];
const LAST_NAMES = ["Plover", "Teal", "Dunlin", "Crake", "Fulmar", "Whimbrel", "Garganey", "Pochard", "Smew"];

/** The person of that number, from 1. Nine of twenty agreed to everything, two said no, the rest was not asked. */
export function toPerson(partner: DemoPartner, number: number): DemoPerson {
  const lot = (number * 13 + partner.id.length * 7) % 20;
  const agrees = lot < 9;
  return {
    partner: partner.id,
    id: `${partner.id}-user-${number}`,
    dept: partner.departments[(number * 7) % Math.max(1, partner.departments.length)] ?? "",
    ...(lot < 11 ? { consent: { behaviour: agrees, feedback: agrees } } : {}),
    email: `person-${number}@${partner.id}.example`,
    name: `${FIRST_NAMES[number % FIRST_NAMES.length]} ${LAST_NAMES[number % LAST_NAMES.length]} ${number}`,
  };
}

/** Everybody of a Partner. */
export function toPeople(partner: DemoPartner): readonly DemoPerson[] {
  return Array.from({ length: partner.people }, (_, index) => toPerson(partner, index + 1));
}
