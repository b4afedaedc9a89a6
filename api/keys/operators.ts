import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { type AuditEntry, UNKNOWN_SUBJECT, writeAudit } from "../audit.ts";
import { CommandError } from "../command-io.ts";
import { newSecret } from "../key-files.ts";
import type { Service } from "../service.ts";
import type { KeyStore } from "./key-store.ts";
import { toListFile } from "./list-file.ts";

/** What acting on operators works with. */
export type OperatorService = Pick<Service, "keyFiles" | "warehouse" | "clock">;

const OPERATORS_FILE = z.object({
  v: z.literal(1),
  /** Makes confirmation codes, base64url. */
  codes: z.string().min(43),
  operators: z.array(
    z.object({
      name: z.string(),
      /** base64url. */
      salt: z.string(),
      /** scrypt of the operator's key, base64url. */
      hash: z.string(),
      /** UTC. */
      addedMs: z.number(),
    }),
  ),
});
const LIST = toListFile<z.infer<typeof OPERATORS_FILE>>({
  name: "operators",
  shape: OPERATORS_FILE,
  what: "operators",
  each: "operator",
  toEmpty: () => ({ v: 1, codes: newSecret(), operators: [] }),
});

/** Who may confirm what cannot be undone. */
export interface Operator {
  readonly name: string;
  readonly addedMs: number;
}

const NAME = /^[a-z][a-z0-9._-]{0,39}$/;
const COST = { N: 16_384, r: 8, p: 1 } as const;

/**
 * Registers an operator and answers the key, which is kept nowhere: only its scrypt hash is.
 *
 * @throws CommandError if the name is taken or not a name
 */
export async function addOperator(service: OperatorService, name: string, actor: string): Promise<string> {
  if (!NAME.test(name)) {
    throw new CommandError(
      `Cannot add operator "${name}": the name must be 1 to 40 lower-case letters, digits, dots, hyphens or underscores, a letter first.`,
    );
  }
  await noteOperator(service, actor, "operators.add", name);
  const secret = newSecret();
  LIST.change(service.keyFiles.store, (file) => {
    if (file.operators.some((known) => known.name === name)) {
      throw new CommandError(
        `Cannot add operator "${name}": the name is taken. For a new key: roebuck operators remove ${name}, then add it again.`,
      );
    }
    const salt = randomBytes(16);
    const entry = { name, salt: salt.toString("base64url"), hash: toHash(secret, salt).toString("base64url") };
    return { ...file, operators: [...file.operators, { ...entry, addedMs: service.clock.nowMs() }] };
  });
  return secret;
}

/** Takes an operator off; its key confirms nothing from then on. Throws CommandError if there is none of that name. */
export async function removeOperator(service: OperatorService, name: string, actor: string): Promise<void> {
  const isKnown = listOperators(service).some((known) => known.name === name);
  await noteOperator(service, actor, "operators.remove", isKnown ? name : UNKNOWN_SUBJECT);
  LIST.change(service.keyFiles.store, (file) => {
    const operators = file.operators.filter((known) => known.name !== name);
    if (operators.length === file.operators.length) {
      throw new CommandError(
        `Cannot remove operator "${name}": there is none of that name. \`roebuck operators list\` has them.`,
      );
    }
    return { ...file, operators };
  });
}

/** The operators, by name. */
export function listOperators({ keyFiles }: Pick<OperatorService, "keyFiles">): readonly Operator[] {
  const { operators } = LIST.read(keyFiles.store);
  return operators.map(({ name, addedMs }) => ({ name, addedMs })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What confirmation codes are made with; `undefined` before the first operator. Secret. */
export function readCodeKey(store: KeyStore): Uint8Array | undefined {
  const { codes, operators } = LIST.read(store);
  return operators.length === 0 ? undefined : Buffer.from(codes, "base64url");
}

/** Whose key this is; `undefined` if nobody's. Takes the same time for every operator. */
export function findOperator(store: KeyStore, secret: string): Operator | undefined {
  const found = LIST.read(store).operators.filter(({ salt, hash }) =>
    timingSafeEqual(toHash(secret, Buffer.from(salt, "base64url")), Buffer.from(hash, "base64url")),
  );
  return found[0];
}

function toHash(secret: string, salt: Uint8Array): Buffer {
  return scryptSync(secret, salt, 32, COST);
}

function noteOperator(service: OperatorService, actor: string, action: string, name: string): Promise<void> {
  const entry: AuditEntry = { actor, action, subject: name };
  return writeAudit(service, entry);
}
