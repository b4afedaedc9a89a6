import type { Role } from "../../schemas/roles.ts";
import { writeAudit } from "../audit.ts";
import { CommandError } from "../command-io.ts";
import { type KeyReader, openKeyReader } from "../keys/key-reader.ts";
import type { KeyStore } from "../keys/key-store.ts";
import { toListFile } from "../keys/list-file.ts";
import type { Service } from "../service.ts";
import { API_KEY_FILE, type ApiKey, type ApiKeyFile, type ApiKeys, mintApiKey } from "./api-key.ts";

/** What acting on API keys works with. */
export type ApiKeyService = Pick<Service, "keyFiles" | "warehouse" | "clock" | "journal">;

/** What a key is asked for with. */
export interface NewApiKey {
  readonly name: string;
  readonly roles: readonly Role[];
  /** Partner ids that it shall reach; empty: everyone. */
  readonly partners: readonly string[];
  /** How long it is taken, days. */
  readonly days: number;
}

const LIST = toListFile<ApiKeyFile>({
  name: "access",
  shape: API_KEY_FILE,
  what: "API keys",
  each: "key",
  toEmpty: () => ({ v: 1, keys: [] }),
});
const DAY_MS = 86_400_000;
/** Printable words on one line. */
const NAME = /^[^\p{C}\p{Z}](?:[^\p{C}]{0,58}[^\p{C}\p{Z}])?$/u;
/** Most keys that are kept, also those that are over; each process reads them all. */
const KEYS_MAX = 1_000;

/**
 * Makes an API key and answers it: it is kept nowhere, only its hash is.
 *
 * @throws CommandError if the name is none, a Partner is not on file or there are too many keys
 */
export async function addApiKey(
  service: ApiKeyService,
  { name, roles, partners, days }: NewApiKey,
  actor: string,
): Promise<{ readonly id: string; readonly key: string; readonly expiresMs: number }> {
  if (!NAME.test(name)) {
    throw new CommandError(
      "Cannot add an API key of that name: --name must say in 1 to 60 characters, on one line, what the key is for.",
    );
  }
  const unknown = partners.find((partner) => !service.journal().partners.has(partner));
  if (unknown !== undefined) {
    throw new CommandError(
      `Cannot add an API key for Partner "${unknown}": no Partner of that id is on file. Import it with \`roebuck partners import FILE.csv\`.`,
    );
  }
  const { key, id, hash } = mintApiKey();
  const createdMs = service.clock.nowMs();
  const expiresMs = createdMs + days * DAY_MS;
  const scope = partners.length === 0 ? "everyone" : [...partners].sort().join(" ");
  const detail = { roles: roles.join(" "), partners: scope, days };
  await writeAudit(service, { actor, action: "api_keys.add", subject: id, detail });
  LIST.change(service.keyFiles.store, (file) => {
    if (file.keys.length >= KEYS_MAX) {
      throw new CommandError(
        `Cannot add an API key: ${KEYS_MAX} are kept already. Take those that are over out of ${service.keyFiles.store.place("access")}.`,
      );
    }
    const reach = partners.length === 0 ? null : [...new Set(partners)].sort();
    const added: ApiKey = { id, name, roles: [...new Set(roles)], partners: reach, hash, createdMs, expiresMs };
    return { ...file, keys: [...file.keys, added] };
  });
  return { id, key, expiresMs };
}

/**
 * Revokes a key: within 60 s no process takes it any more. Revoking it again changes nothing.
 *
 * @throws CommandError if there is none of that id
 */
export async function revokeApiKey(service: ApiKeyService, id: string, actor: string): Promise<ApiKey> {
  const { store } = service.keyFiles;
  const found = listApiKeys(store).find((key) => key.id === id);
  if (found === undefined) {
    throw new CommandError(
      "Cannot revoke that API key: there is none of that id. `roebuck api-keys list` has them; the id is the part between the underscores.",
    );
  }
  await writeAudit(service, { actor, action: "api_keys.revoke", subject: id });
  const revokedMs = service.clock.nowMs();
  LIST.change(store, (file) => ({
    ...file,
    keys: file.keys.map((key) => (key.id === id && key.revokedMs === undefined ? { ...key, revokedMs } : key)),
  }));
  return found;
}

/** Every key that is kept, oldest first, also those that are over. Throws CommandError if they cannot be read. */
export function listApiKeys(store: KeyStore): readonly ApiKey[] {
  return LIST.read(store).keys.toSorted((a, b) => a.createdMs - b.createdMs);
}

/**
 * The keys of an installation, kept current: what another process revokes is known within 60 s. An absent file is an
 * installation without API keys.
 *
 * @param elapsedMs a clock that only goes forward, ms
 */
export function openApiKeyReader(store: KeyStore, elapsedMs?: () => number): KeyReader<ApiKeys> {
  const convert = (bytes: Uint8Array | undefined): ApiKeys =>
    new Map(LIST.parse(store, bytes).keys.map((key) => [key.id, key]));
  return openKeyReader(store, "access", convert, elapsedMs);
}
