import { readFileSync, statSync } from "node:fs";
import type { EpochMs } from "../../schemas/ids.ts";
import { findReturned, toFingerprints, toKeysOnRecord } from "../../transform/known-keys.ts";
import { toEpoch } from "../../transform/pseudonym.ts";
import { UNKNOWN_SUBJECT, writeAudit } from "../audit.ts";
import { CommandError } from "../command-io.ts";
import { parseConfirmationCode, toConfirmationCode } from "./confirmation.ts";
import { type DestroyTarget, toKeyName } from "./key-words.ts";
import { findOperator, listOperators, type Operator, readCodeKey } from "./operators.ts";
import type { KeyService } from "./rotate.ts";
import { wipeKeys } from "./wipe.ts";

/** What a key is the only way to. */
export interface TableLoss {
  readonly table: string;
  readonly rows: number;
  readonly people: number;
  /** First and last day of the rows, UTC, `yyyy-mm-dd`. */
  readonly from: string;
  readonly until: string;
}

/** What would be lost with a key, and the code that confirms it. */
export interface DestroyPlan {
  /** As the journal names it. */
  readonly key: string;
  readonly losses: readonly TableLoss[];
  readonly code: string;
}

/** Who confirms, and with what. */
export interface DestroyConfirmation {
  readonly code: string;
  /** Files with the keys of two different operators. */
  readonly firstKeyFile: string;
  readonly secondKeyFile: string;
}

const TABLES = ["engagement", "behaviour", "feedback", "attendance", "held"] as const;
const OPERATORS_MIN = 2;

/**
 * Says what would become anonymous with a key, and answers the code that confirms its destruction.
 *
 * @throws CommandError if there is no such key, it is an epoch that is not over, or two operators are not registered
 */
export async function planDestroy(service: KeyService, target: DestroyTarget, actor: string): Promise<DestroyPlan> {
  const key = toKeyName(target);
  const subject = isOnFile(service, target) ? key : UNKNOWN_SUBJECT;
  await writeAudit(service, { actor, action: "keys.destroy", subject, detail: { step: "asked" } });
  const what = toAct(service, target);
  const codeKey = toCodeKey(service);
  return {
    key,
    losses: await readLosses(service, target),
    code: toConfirmationCode(codeKey, what, service.clock.nowMs()),
  };
}

/**
 * Destroys an epoch's root or a Partner's salt for good: rows made with it belong to nobody that can be found any more.
 * The journal learns of it first, so that no copy of the key can bring it back.
 *
 * @returns the names of the two operators
 * @throws CommandError if the code is wrong or too old, or the keys are not those of two different operators
 */
export async function destroyKey(
  service: KeyService,
  target: DestroyTarget,
  { code, firstKeyFile, secondKeyFile }: DestroyConfirmation,
  actor: string,
): Promise<readonly string[]> {
  const { keyFiles, clock, decide } = service;
  const key = toKeyName(target);
  const nowMs = clock.nowMs();
  const refuse = async (reason: string, message: string): Promise<never> => {
    const detail = { step: "refused", reason };
    await writeAudit(service, { actor, action: "keys.destroy", subject: key, detail });
    throw new CommandError(`Cannot destroy "${key}": ${message}`);
  };
  const what = toAct(service, target);
  const outcome = parseConfirmationCode(toCodeKey(service), what, code, nowMs);
  if (outcome === "wrong") return refuse("code_wrong", `the confirmation code "${code}" is not of this key. ${AGAIN}`);
  if (outcome === "expired") return refuse("code_expired", `the confirmation code is older than 15 minutes. ${AGAIN}`);
  const found = [firstKeyFile, secondKeyFile].map((file) => ({
    file,
    operator: findOperator(keyFiles.store, readOperatorKey(file)),
  }));
  const operators: Operator[] = [];
  for (const { file, operator } of found) {
    if (operator === undefined)
      return refuse("operator_unknown", `"${file}" has no operator's key. See: roebuck operators list`);
    if (operator.addedMs >= outcome.issuedMs) {
      return refuse("operator_new", `operator "${operator.name}" was added after the code was made. ${AGAIN}`);
    }
    operators.push(operator);
  }
  const names = operators.map(({ name }) => name).toSorted();
  if (new Set(names).size < OPERATORS_MIN) {
    return refuse("operator_same", `both keys are of operator "${names[0]}"; they must be of two different ones.`);
  }
  await writeAudit(service, {
    actor,
    action: "keys.destroy",
    subject: key,
    detail: { step: "confirmed", first: names[0] ?? "", second: names[1] ?? "" },
  });
  await decide([{ kind: "key", atMs: nowMs, action: "destroyed", key }]);
  wipeKeys(keyFiles, [key]);
  const left = findReturned({ pseudonym: keyFiles.pseudonymKeys() }, toKeysOnRecord(service.journal().keyEvents));
  if (left.length > 0)
    throw new CommandError(`Cannot finish destroying "${key}": the key is still there. Restart roebuck.`);
  return names;
}

const AGAIN = "Ask for a new one: the same command without --confirm.";

/** The act in the words that a code is bound to. Throws CommandError if the key is not there, or still in use. */
/** Whether the words that were given name a key that may be or has been: they could be anything. */
function isOnFile({ keyFiles, journal }: KeyService, target: DestroyTarget): boolean {
  if (target.kind === "epoch") return true; // a number
  return (
    target.partner === "" ||
    journal().partners.has(target.partner) ||
    keyFiles.pseudonymKeys().salts.has(target.partner)
  );
}

function toAct({ keyFiles, journal, clock, settings }: KeyService, target: DestroyTarget): string {
  const key = toKeyName(target);
  const keys = keyFiles.pseudonymKeys();
  const print = toFingerprints({ pseudonym: keys }).get(key);
  if (print === undefined) {
    const isGone = toKeysOnRecord(journal().keyEvents).destroyed.has(key);
    throw new CommandError(
      `Cannot destroy "${key}": ${isGone ? "it is destroyed already" : "there is no such key. `roebuck keys list` has them"}.`,
    );
  }
  if (target.kind === "epoch") {
    const zones = ["UTC", settings.defaultZone, ...[...journal().partners.values()].map(({ zone }) => zone)];
    const oldestMs = (clock.nowMs() - settings.lateHoursMax * 3_600_000) as EpochMs; // a difference of instants in ms
    const inUse = zones.find((zone) => (toEpoch(keys, zone, oldestMs)?.epoch ?? 0) <= target.epoch);
    if (inUse !== undefined) {
      throw new CommandError(
        `Cannot destroy "${key}": in ${inUse} it is in use, or events of its time may still come (${settings.lateHoursMax} hours). Begin a later one first: roebuck keys rotate pseudonym`,
      );
    }
  }
  return `destroy ${key} ${print}`;
}

function toCodeKey({ keyFiles }: KeyService): Uint8Array {
  const known = listOperators({ keyFiles }).length;
  const key = readCodeKey(keyFiles.store);
  if (key !== undefined && known >= OPERATORS_MIN) return key;
  throw new CommandError(
    `Cannot destroy a key: two operators must confirm it and ${known} ${known === 1 ? "is" : "are"} registered. Add them: roebuck operators add NAME -o FILE`,
  );
}

function readOperatorKey(file: string): string {
  try {
    const mode = statSync(file).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      throw new CommandError(
        `Cannot use the operator's key "${file}": its mode is ${mode.toString(8)} and others can read it. Run: chmod 600 "${file}"`,
      );
    }
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new CommandError(`Cannot read the operator's key "${file}" (${code}): name the file of \`operators add\`.`);
  }
}

async function readLosses({ warehouse }: KeyService, target: DestroyTarget): Promise<readonly TableLoss[]> {
  const losses = await Promise.all(
    TABLES.map(async (table): Promise<TableLoss> => {
      const [row] = await warehouse.rows<{ rows: string; people: string; from: string; until: string }>({
        sql: `SELECT toString(count()) AS rows, toString(uniqExact(partner, pseudonym)) AS people,
                toString(min(toDate(at))) AS from, toString(max(toDate(at))) AS until
              FROM ${table}
              WHERE epoch > 0 AND ${target.kind === "epoch" ? "epoch = {epoch:UInt16}" : "partner = {partner:String}"}`,
        parameters: target.kind === "epoch" ? { epoch: target.epoch } : { partner: target.partner },
      });
      const { from = "", until = "" } = row ?? {};
      return { table, rows: Number(row?.rows ?? 0), people: Number(row?.people ?? 0), from, until };
    }),
  );
  return losses.filter(({ rows }) => rows > 0);
}
