import type { JournalState } from "../../schemas/journal.ts";
import type { Clock, Warehouse } from "../../schemas/ports.ts";
import type { Decide } from "../../transform/journal-write.ts";
import {
  createKeyGuard,
  findKeyTrouble,
  findReturned,
  findUnrecorded,
  type HeldKeys,
  toKeysOnRecord,
} from "../../transform/known-keys.ts";
import { writeAudit } from "../audit.ts";
import { CommandError } from "../command-io.ts";
import type { KeyFiles } from "../key-files.ts";
import type { Logger } from "../logger.ts";
import { wipeKeys } from "./wipe.ts";

/** What the keys of a service are held against. */
export interface KeyWitness {
  readonly keyFiles: KeyFiles;
  readonly clock: Clock;
  readonly warehouse: Warehouse;
  readonly logger: Logger;
  readonly decide: Decide;
  journal(): JournalState;
}

/** Keys that were held against the journal, and a journal that hears of new ones. */
export interface WitnessedKeys {
  /** Gives out nothing that the journal says is destroyed, and makes no salt in place of a destroyed one. */
  readonly keyFiles: KeyFiles;
  /** Writes keys that the journal does not know yet before what is decided. */
  readonly decide: Decide;
}

/**
 * Refuses keys that are others than the journal knows: every person would become a stranger, whom nobody could find,
 * restrict or erase any more.
 *
 * @throws CommandError with the reason
 */
export function refuseOtherKeys(held: HeldKeys, { keyEvents }: Pick<JournalState, "keyEvents">): void {
  const record = toKeysOnRecord(keyEvents);
  const trouble = findKeyTrouble(held, record) ?? findMissingSalt(held, record);
  if (trouble !== undefined) throw toRefusal(trouble);
}

function findMissingSalt(
  { pseudonym }: HeldKeys,
  { added, destroyed }: ReturnType<typeof toKeysOnRecord>,
): string | undefined {
  if (pseudonym === undefined) return undefined;
  for (const name of added.keys()) {
    const partner = name.startsWith("salt ") ? name.slice(5) : undefined;
    if (partner === undefined || destroyed.has(name) || pseudonym.salts.has(partner)) continue;
    return `the salt of ${toOwner(partner)} is missing and was not destroyed`;
  }
  return undefined;
}

function toOwner(partner: string): string {
  return partner === "" ? "subscriber and public accounts" : `Partner "${partner}"`;
}

function toRefusal(trouble: string): CommandError {
  return new CommandError(
    `Cannot start with these keys: ${trouble}. With other keys every person would become a stranger, whom nobody could find or erase. Put back the keys that belong to this journal from their backup.`,
  );
}

/**
 * Holds the keys of a service against its journal as it opens. Keys that an old copy brought back are destroyed again;
 * keys that the journal does not know are written to it, into an empty journal only with the first decision: it may
 * yet be filled from a backup.
 *
 * @throws CommandError if the keys are others, or a Partner has rows and its salt is missing
 */
export async function witnessKeys(witness: KeyWitness): Promise<WitnessedKeys> {
  const { keyFiles, journal, clock, decide } = witness;
  const held = (): HeldKeys => ({
    sealKey: keyFiles.collectorKeys().sealKey,
    pseudonym: keyFiles.pseudonymKeys(),
  });
  refuseOtherKeys(held(), journal());
  await refuseRowsWithoutSalt(witness);
  await destroyReturned(witness, held());
  const toNew = createNewKeys(held, journal);
  const toDecisions = () =>
    toNew().map((key) => ({ kind: "key" as const, atMs: clock.nowMs(), action: "added" as const, key }));
  const { keyEvents, partners, people } = journal();
  if (keyEvents.length + partners.size + people.size > 0) await decide(toDecisions());
  const guard = createKeyGuard(() => journal().keyEvents);
  return {
    async decide(decisions) {
      if (decisions.length === 0) return;
      const told = new Set(decisions.map((one) => (one.kind === "key" ? one.key : "")));
      await decide([...toDecisions().filter(({ key }) => !told.has(key)), ...decisions]);
    },
    keyFiles: {
      ...keyFiles,
      pseudonymKeys: () => guard(keyFiles.pseudonymKeys()),
      addSalts(partnerIds) {
        const { destroyed } = toKeysOnRecord(journal().keyEvents);
        keyFiles.addSalts(partnerIds.filter((partner) => !destroyed.has(`salt ${partner}`)));
      },
    },
  };
}

/** What the journal lacks, looked for again only if keys or key events have changed: it is asked with every decision. */
function createNewKeys(held: () => HeldKeys, journal: () => JournalState): () => readonly string[] {
  let known: { readonly held: HeldKeys; readonly events: number; readonly found: readonly string[] } | undefined;
  return () => {
    const now = held();
    const events = journal().keyEvents;
    const isKnown =
      known?.held.sealKey === now.sealKey && known?.held.pseudonym === now.pseudonym && known?.events === events.length;
    if (known === undefined || !isKnown) {
      known = { held: now, events: events.length, found: findUnrecorded(now, toKeysOnRecord(events)) };
    }
    return known.found;
  };
}

async function destroyReturned({ keyFiles, journal, warehouse, clock, logger }: KeyWitness, held: HeldKeys) {
  const returned = findReturned(held, toKeysOnRecord(journal().keyEvents));
  if (returned.length === 0) return;
  const detail = { keys: returned.length, again: true };
  for (const key of returned)
    await writeAudit({ warehouse, clock }, { actor: "roebuck", action: "keys.destroy", subject: key, detail });
  wipeKeys(keyFiles, returned);
  logger.warn("keys that were destroyed had come back and are destroyed again", { keys: returned.length });
}

async function refuseRowsWithoutSalt({ keyFiles, journal, warehouse }: KeyWitness): Promise<void> {
  const { destroyed } = toKeysOnRecord(journal().keyEvents);
  const { salts } = keyFiles.pseudonymKeys();
  const missing = ["", ...journal().partners.keys()].filter(
    (partner) => !salts.has(partner) && !destroyed.has(`salt ${partner}`),
  );
  if (missing.length === 0) return;
  const [row] = await warehouse.rows<{ partner: string }>({
    sql: `SELECT partner FROM (
            SELECT partner FROM engagement WHERE partner IN {missing:Array(String)} LIMIT 1
            UNION ALL SELECT partner FROM behaviour WHERE partner IN {missing:Array(String)} LIMIT 1
            UNION ALL SELECT partner FROM feedback WHERE partner IN {missing:Array(String)} LIMIT 1
            UNION ALL SELECT partner FROM attendance WHERE partner IN {missing:Array(String)} LIMIT 1
          ) LIMIT 1`,
    parameters: { missing },
  });
  if (row === undefined) return;
  throw toRefusal(`${toOwner(row.partner)} has rows, and its salt is missing and was not destroyed`);
}
