import type { Month } from "../../schemas/ids.ts";
import { DEMO_PARTNERS } from "./catalogue.ts";
import { type DemoPerson, toPeople } from "./people.ts";
import { createRandom } from "./traffic.ts";

/** A webinar, meeting or course of the demo. */
export interface DemoOccasion {
  readonly id: string;
  readonly title: string;
  readonly kind: "webinar" | "meeting" | "course";
  /** Milliseconds UTC. */
  readonly startMs: number;
  readonly minutes: number;
}

/** Somebody's stay at one. */
export interface DemoStay {
  readonly person: DemoPerson;
  readonly joinedMs: number;
  readonly minutes: number;
}

const MINUTE_MS = 60_000;
const TITLES = {
  webinar: ["Recognising neglect early", "Kinship care: the legal options", "Trauma-informed practice in a nutshell"],
  meeting: ["Link Officers' network", "Leaders' round table", "Link Officers' network"],
  course: ["Safeguarding, level 2", "Reflective supervision", "Life-story work, step by step"],
} as const;
const PLAN = [
  { kind: "webinar", day: 9, hour: 10, minutes: 60, share: 0.2 },
  { kind: "meeting", day: 17, hour: 14, minutes: 45, share: 0.07 },
  { kind: "course", day: 23, hour: 9, minutes: 180, share: 0.11 },
] as const;

/** What took place in a month, on the first weekday from the planned day on. Pure. */
export function planOccasions(month: Month): readonly DemoOccasion[] {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return PLAN.map(({ kind, day, hour, minutes }) => {
    const weekday = new Date(Date.UTC(year, number - 1, day)).getUTCDay();
    const shift = weekday === 0 ? 1 : weekday === 6 ? 2 : 0;
    const startMs = Date.UTC(year, number - 1, day + shift, hour);
    return { id: `${kind}-${month}`, title: TITLES[kind][number % 3] ?? kind, kind, startMs, minutes };
  });
}

/** Who was there: the same seed gives the same people. One in ten leaves before it counts. Pure. */
export function planStays(occasion: DemoOccasion, seed: number): readonly DemoStay[] {
  const random = createRandom(seed + (occasion.startMs % 2 ** 31));
  const share = PLAN.find(({ kind }) => kind === occasion.kind)?.share ?? 0;
  return DEMO_PARTNERS.flatMap(toPeople).flatMap((person) => {
    const [lot, late, early] = [random(), random(), random()];
    if (lot >= share) return [];
    const lateMinutes = Math.floor(late ** 3 * 15);
    const minutes = early < 0.1 ? 1 + Math.floor(early * 80) : occasion.minutes - lateMinutes - Math.floor(early * 10);
    return [{ person, joinedMs: occasion.startMs + lateMinutes * MINUTE_MS, minutes }];
  });
}
