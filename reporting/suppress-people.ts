import type { DepartmentRow, EventRow, FrozenFigures } from "../schemas/record.ts";
import type { CountedFigures } from "./counted.ts";
import { addAtLeast, addSum } from "./relations.ts";
import { type Before, isAsBefore, type TableForm, toEntries, toShownRows } from "./table-rows.ts";
import { withholdRows } from "./withhold.ts";

const DEPARTMENTS: TableForm<DepartmentRow> = {
  toRows: (body) => body.departments,
  toId: ({ dept }) => dept,
  toCells: ({ people, uniqueRequests, actions }) => [people, uniqueRequests, actions],
  cellsMin: [1, 0, 1],
  toShown: ({ dept, title, people, uniqueRequests, actions }, isWithheld) => ({
    dept,
    title,
    people: isWithheld ? null : people,
    uniqueRequests: isWithheld ? null : uniqueRequests,
    actions: isWithheld ? null : actions,
  }),
};

const EVENTS: TableForm<EventRow> = {
  toRows: (body) => body.events,
  toId: ({ id }) => id,
  toCells: ({ attendees }) => [attendees],
  cellsMin: [1],
  toShown: ({ id, title, kind, date, attendees }, isWithheld) => ({
    ...{ id, title, kind, date },
    attendees: isWithheld ? null : attendees,
  }),
};

/**
 * Departments as they may be shown: everybody is in one, so that their people, unique requests and actions add up to
 * the Partner's. Nobody is active, and nothing is requested, without an action. Pure.
 */
export function toShownDepartments(counted: CountedFigures, before: Before): FrozenFigures["departments"] {
  const entries = toEntries(counted.departments, DEPARTMENTS, before);
  for (const column of [0, 1, 2]) addSum(entries.flatMap(({ row }) => row.cells[column] ?? []));
  for (const { row } of entries) {
    const [people, requests, actions] = row.cells;
    if (people === undefined || requests === undefined || actions === undefined) continue;
    addAtLeast([actions], [people], actions.value - people.value);
    addAtLeast([actions], [requests], actions.value - requests.value);
  }
  const rows = entries.map(({ row }) => row);
  if (!isAsBefore(entries, DEPARTMENTS, before.earlier)) withholdRows(rows, before.earlier.peopleMin);
  return toShownRows(entries, DEPARTMENTS);
}

/** Events as they may be shown: their attendees add up to the events attended, and none has more than all people. Pure. */
export function toShownEvents(counted: CountedFigures, before: Before): FrozenFigures["events"] {
  const entries = toEntries(counted.events, EVENTS, before);
  const attendees = entries.flatMap(({ row }) => row.cells[0] ?? []);
  addSum(attendees);
  for (const cell of attendees) cell.up = Math.min(cell.up, Math.max(0, counted.figures.active_people - cell.value));
  const rows = entries.map(({ row }) => row);
  if (!isAsBefore(entries, EVENTS, before.earlier)) withholdRows(rows, before.earlier.peopleMin);
  return toShownRows(entries, EVENTS);
}
