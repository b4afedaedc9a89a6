import { createHash } from "node:crypto";
import { UNKNOWN_SUBJECT, writeAudit } from "../audit.ts";
import { CommandError } from "../command-io.ts";
import { newSecret } from "../key-files.ts";
import type { Service } from "../service.ts";
import { ANALYSTS, admitAnalysts } from "./analyst-list.ts";

/** What acting on analysts' accounts works with. */
export type AnalystService = Pick<Service, "keyFiles" | "warehouse" | "clock" | "analystDoor">;

/** Somebody who may read the views on the embedded engine. */
export interface Analyst {
  readonly name: string;
  readonly addedMs: number;
}

const NAME = /^[a-z][a-z0-9._-]{0,39}$/;
/** Names of the service's own accounts on the engine, and of the one that clients take if none is given. */
const OURS: readonly string[] = ["roebuck", "analyst", "default"];

/**
 * Makes an account on the embedded engine and answers its password, which is kept nowhere: only its hash is. It is let
 * in at once.
 *
 * @throws CommandError if the name is taken or not a name, or the warehouse is a server, which has accounts of its own
 */
export async function addAnalyst(service: AnalystService, name: string, actor: string): Promise<string> {
  refuseServer(service);
  if (!NAME.test(name) || OURS.includes(name)) {
    throw new CommandError(
      `Cannot add analyst "${name}": the name must be 1 to 40 lower-case letters, digits, dots, hyphens or underscores, a letter first, and none of ${OURS.join(", ")}.`,
    );
  }
  await writeAudit(service, { actor, action: "analysts.add", subject: name });
  const password = newSecret();
  ANALYSTS.change(service.keyFiles.store, (file) => {
    if (file.analysts.some((known) => known.name === name)) {
      throw new CommandError(
        `Cannot add analyst "${name}": the name is taken. For a new password: roebuck analysts remove ${name}, then add it again.`,
      );
    }
    const passwordSha256 = createHash("sha256").update(password).digest("hex");
    return { ...file, analysts: [...file.analysts, { name, passwordSha256, addedMs: service.clock.nowMs() }] };
  });
  admitAnalysts(service.analystDoor, service.keyFiles.store);
  return password;
}

/** Takes an account off; it is refused from then on. Throws CommandError if there is none of that name. */
export async function removeAnalyst(service: AnalystService, name: string, actor: string): Promise<void> {
  refuseServer(service);
  const isKnown = listAnalysts(service).some((known) => known.name === name);
  await writeAudit(service, { actor, action: "analysts.remove", subject: isKnown ? name : UNKNOWN_SUBJECT });
  ANALYSTS.change(service.keyFiles.store, (file) => {
    const analysts = file.analysts.filter((known) => known.name !== name);
    if (analysts.length === file.analysts.length) {
      throw new CommandError(
        `Cannot remove analyst "${name}": there is none of that name. \`roebuck analysts list\` has them.`,
      );
    }
    return { ...file, analysts };
  });
  admitAnalysts(service.analystDoor, service.keyFiles.store);
}

/** The accounts, by name. Throws CommandError if their list cannot be read. */
export function listAnalysts({ keyFiles }: Pick<AnalystService, "keyFiles">): readonly Analyst[] {
  const { analysts } = ANALYSTS.read(keyFiles.store);
  return analysts.map(({ name, addedMs }) => ({ name, addedMs })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function refuseServer({ analystDoor }: AnalystService): void {
  if (analystDoor !== undefined) return;
  throw new CommandError(
    "Cannot change analysts here: the warehouse is a ClickHouse server, which has accounts of its own. There, run: CREATE USER name IDENTIFIED BY '...' DEFAULT ROLE roebuck_analyst",
  );
}
