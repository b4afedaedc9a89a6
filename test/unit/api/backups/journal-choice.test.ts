import { describe, expect, it } from "vitest";
import { chooseJournal, mendJournal } from "../../../../api/backups/journal-choice.ts";
import { toChain } from "../../../../api/backups/journal-copy.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";
import type { Decision } from "../../../../schemas/journal.ts";
import { someEntries } from "../../../fixtures/journal-records.ts";

const read = (records: readonly Uint8Array[]) => ({ records, chain: toChain(records) });
const base = someEntries(["a", "b", "c"]);
const longer = [...base, ...someEntries(["d", "e"], base)];
const other = [...base, ...someEntries(["x"], base)];
const changed = (record: Uint8Array) =>
  new TextEncoder().encode(new TextDecoder().decode(record).replace("London", "Dublin"));

/** The journal after a carry-over: one that begins where `base` ended. */
function carried(): readonly Uint8Array[] {
  const chain = toChain(base);
  const { count, hash } = chain.head();
  const atMs = toEpochMs(1);
  const decisions: Decision[] = [
    { kind: "carried", atMs, count, head: hash },
    { kind: "carried_end", atMs },
  ];
  return chain.next(decisions, true);
}

describe("chooseJournal()", () => {
  it.each([
    ["there is no copy", base, undefined, { kind: "keep" }],
    ["there is nothing at all", [], undefined, { kind: "keep" }],
    ["both are the same", base, base, { kind: "keep" }],
    ["the copy is empty", base, [], { kind: "keep" }],
    ["the copy is older", longer, base, { kind: "keep" }],
    ["the one here is lost", [], longer, { kind: "append", records: longer }],
    ["the one here is older", base, longer, { kind: "append", records: longer.slice(3) }],
    ["each decided what the other does not know", longer, other, "fork"],
    ["they never had anything in common", someEntries(["z"]), base, "fork"],
    ["the one here was carried over since", carried(), base, { kind: "keep" }],
    ["the copy was carried over since", base, carried(), { kind: "replace", records: carried() }],
  ])("when %s", (_, here, copy, plan) => {
    expect(chooseJournal(read(here), copy === undefined ? undefined : read(copy))).toEqual(plan);
  });
});

describe("mendJournal()", () => {
  const withLater = (copy: readonly Uint8Array[]) => [...copy, ...someEntries(["later"], copy)];

  it.each([
    ["an entry was changed that the copy has", longer.with(1, changed(longer[1] ?? new Uint8Array())), longer, longer],
    ["an entry is missing that the copy has", longer.toSpliced(1, 1), longer, longer],
    ["entries changed places", [...longer.slice(1, 2), ...longer.slice(0, 1), ...longer.slice(2)], longer, longer],
    [
      "what follows the copy is whole",
      withLater(longer).with(0, changed(longer[0] ?? new Uint8Array())),
      longer,
      withLater(longer),
    ],
    ["an entry was changed after the copy", longer.with(3, changed(longer[3] ?? new Uint8Array())), base, "lost"],
    ["an entry is missing after the copy", longer.toSpliced(3, 1), base, "lost"],
    ["there is nothing here", [], base, base],
    ["the copy is empty", longer.toSpliced(1, 1), [], "lost"],
  ])("when %s", (_, here, copy, mended) => {
    const plan = mendJournal(here, read(copy));
    expect(plan).toEqual(mended === "lost" ? "lost" : { kind: "replace", records: mended });
    if (plan !== "lost") expect(() => toChain(plan.records)).not.toThrow();
  });
});
