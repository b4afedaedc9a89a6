import type { EpochMs } from "../../schemas/ids.ts";
import { toKeyFingerprint, toKeysOnRecord } from "../../transform/known-keys.ts";
import { writeAudit } from "../audit.ts";
import type { KeyService } from "./rotate.ts";

/** One key, without the key. */
export interface KeyLine {
  /** `seal`, `token www-1a2b3c4d`, `epoch 3`, `salt acme`. */
  readonly key: string;
  /** What it is for, with site and algorithm, or the months covered. */
  readonly use: string;
  readonly state: "valid" | "revoked" | "destroyed" | "to come";
  /** 16 hex digits; empty where the key is gone. A public key has one, too. */
  readonly fingerprint: string;
  /** UTC, as far as the journal knows. */
  readonly addedMs?: EpochMs;
  /** Revoked or destroyed, UTC. */
  readonly endedMs?: EpochMs;
}

/** Every key of the installation, never a key itself. */
export async function listKeys(service: KeyService, actor: string): Promise<readonly KeyLine[]> {
  await writeAudit(service, { actor, action: "keys.list" });
  const lines = [...toCollectorLines(service), ...toEpochLines(service), ...toSaltLines(service)];
  return lines.map((line) => ({ ...line, ...toTimes(service, line.key) }));
}

function toCollectorLines({ keyFiles }: KeyService): readonly KeyLine[] {
  const { seal, tokens } = keyFiles.readCollector();
  return [
    { key: "seal", use: "replaces user ids; never changes", state: "valid", fingerprint: toPrint(seal) },
    ...tokens.map(({ kid, site, alg, key, revoked }) => ({
      key: `token ${kid}`,
      use: `tokens of site ${site}, ${alg}`,
      state: revoked === true ? ("revoked" as const) : ("valid" as const),
      fingerprint: toPrint(key),
    })),
  ];
}

function toEpochLines({ keyFiles, clock }: KeyService): readonly KeyLine[] {
  const { epochs } = keyFiles.readPseudonym();
  const thisMonth = new Date(clock.nowMs()).toISOString().slice(0, 7);
  return epochs.map(({ epoch, from, root }, index) => ({
    key: `epoch ${epoch}`,
    use: `pseudonyms from ${from === "" ? "the beginning" : from}${toUntil(epochs[index + 1]?.from)}`,
    state: root === undefined ? "destroyed" : from > thisMonth ? "to come" : "valid",
    fingerprint: root === undefined ? "" : toPrint(root),
  }));
}

function toUntil(next: string | undefined): string {
  return next === undefined ? " on" : `, before ${next}`;
}

function toSaltLines({ keyFiles, journal }: KeyService): readonly KeyLine[] {
  const { salts } = keyFiles.readPseudonym();
  const gone = [...toKeysOnRecord(journal().keyEvents).destroyed]
    .filter((key) => key.startsWith("salt "))
    .map((key) => key.slice(5));
  return [...new Set([...Object.keys(salts), ...gone])].toSorted().map((partner) => ({
    key: `salt ${partner}`,
    use: partner === "" ? "people without a Partner" : `people of ${partner}`,
    state: gone.includes(partner) ? "destroyed" : "valid",
    fingerprint: gone.includes(partner) ? "" : toPrint(salts[partner] ?? ""),
  }));
}

function toPrint(secret: string): string {
  return toKeyFingerprint(Buffer.from(secret, "base64url"));
}

function toTimes({ journal }: KeyService, key: string): Pick<KeyLine, "addedMs" | "endedMs"> {
  const own = journal().keyEvents.filter((event) => event.key === key || event.key.startsWith(`${key} `));
  const addedMs = own.find(({ action }) => action === "added")?.atMs;
  const endedMs = own.find(({ action, key: named }) => action !== "added" && named === key)?.atMs;
  return { ...(addedMs === undefined ? {} : { addedMs }), ...(endedMs === undefined ? {} : { endedMs }) };
}
