import type { DemoOccasion, DemoStay } from "./occasions.ts";
import type { DemoPerson } from "./people.ts";

/** The contacts file of the demo: which user of the site an address belongs to. */
export function toContactsFile(people: readonly DemoPerson[]): string {
  const lines = people.map(({ email, id, partner, dept }) => `${email},${id},${partner},${toCell(dept)}`);
  return toFile(["email,user,partner,department", ...lines]);
}

/** The report that a tool would write of an occasion: Zoom of a webinar, Teams of a meeting, a list of a course. Times are UTC. */
export function toReportFile(occasion: DemoOccasion, stays: readonly DemoStay[]): Uint8Array {
  if (occasion.kind === "webinar") return Buffer.from(toZoomWebinar(occasion, stays));
  if (occasion.kind === "meeting") return Buffer.from(`\uFEFF${toTeamsMeeting(occasion, stays)}`, "utf16le");
  return Buffer.from(toList(occasion, stays));
}

function toZoomWebinar({ title, startMs, minutes }: DemoOccasion, stays: readonly DemoStay[]): string {
  const heading = "Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest";
  const rows = stays.map(({ person, joinedMs, minutes: stayed }) =>
    ["Yes", person.name, person.email, toTime(joinedMs), toTime(joinedMs + stayed * 60_000), stayed, "Yes"].join(","),
  );
  return toFile([
    "Attendee Report",
    "Topic,Webinar ID,Actual Start Time,Actual Duration (minutes),Unique Viewers",
    [toCell(title), "812 3456 7890", toTime(startMs), minutes, stays.length].join(","),
    "Attendee Details",
    heading,
    ...rows,
  ]);
}

function toTeamsMeeting({ title, startMs }: DemoOccasion, stays: readonly DemoStay[]): string {
  const rows = stays.map(({ person, joinedMs, minutes }) =>
    [person.name, toTime(joinedMs), toTime(joinedMs + minutes * 60_000), `${minutes}m`, person.email, "Attendee"].join(
      "\t",
    ),
  );
  return toFile([
    "1. Summary",
    `Meeting title\t${title}`,
    `Start time\t${toTime(startMs)}`,
    "2. Participants",
    "Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tRole",
    ...rows,
    "3. In-Meeting Activities",
    "Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole",
    ...rows,
  ]);
}

function toList({ title, kind }: DemoOccasion, stays: readonly DemoStay[]): string {
  const rows = stays.map(({ person, joinedMs, minutes }) =>
    [person.email, toCell(title), kind, toTime(joinedMs), minutes].join(","),
  );
  return toFile(["email,title,kind,joined,minutes", ...rows]);
}

function toTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

function toCell(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function toFile(lines: readonly string[]): string {
  return `${lines.join("\r\n")}\r\n`;
}
