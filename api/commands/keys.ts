import type { Command, ServiceCommand } from "../command.ts";
import { CommandError, UsageError } from "../command-io.ts";
import { destroyKey, planDestroy } from "../keys/destroy.ts";
import { type DestroyTarget, parseTarget, toKeyName } from "../keys/key-words.ts";
import { listKeys } from "../keys/list.ts";
import { revokeToken, rotatePseudonym, rotateToken } from "../keys/rotate.ts";
import { toTable } from "../table.ts";

/** Within how long every process knows of a change, for messages. */
const NOTICED = "Every process knows it within 60 seconds";

const listCommand: ServiceCommand = {
  name: "keys list",
  summary: "List the keys by id, with their state, months and fingerprints; never a key.",
  operands: [],
  flags: [],
  on: "service",
  async run(service, _args, io) {
    const rows = (await listKeys(service, io.actor)).map(({ key, use, state, fingerprint, addedMs, endedMs }) => [
      key === "salt " ? "salt -" : key,
      use,
      state,
      toMinute(addedMs),
      toMinute(endedMs),
      fingerprint,
    ]);
    for (const line of toTable(["Key", "For", "State", "Added (UTC)", "Ended (UTC)", "Fingerprint"], rows))
      io.line(line);
    return 0;
  },
};

function toMinute(ms: number | undefined): string {
  return ms === undefined ? "" : new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}

const rotateCommand: ServiceCommand = {
  name: "keys rotate",
  summary: "Begin a new epoch of pseudonyms, or add a second token key to a site.",
  prose: `keys rotate pseudonym: an epoch begins with a month, in the zone of each Partner, because nobody may count under two
keys in one month. Rights of people reach rows of every epoch.
keys rotate token: the site's keys are all valid until you revoke them: add one, have the site sign with it, then
revoke the old one. The secret goes to the file of -o and nowhere else.`,
  operands: [{ name: "KIND", prose: "`pseudonym` or `token`" }],
  flags: [
    { name: "from", value: "MONTH", prose: "pseudonym: first month of the epoch, yyyy-mm (default: the next month)." },
    { name: "site", value: "SITE", prose: "token: the site, one of ROEBUCK_SITES." },
    { name: "kid", value: "ID", prose: "token: the key's id (default: a new one)." },
    {
      name: "alg",
      value: "ALGORITHM",
      initial: "HS256",
      choices: ["HS256", "EdDSA"],
      prose: "token: what it signs with.",
    },
    { name: "output", short: "o", value: "FILE", prose: "token: where the secret is written, 0600." },
  ],
  on: "service",
  async run(service, { operands, flags }, io) {
    if (operands.KIND === "pseudonym") {
      const { epoch, from } = await rotatePseudonym(service, flags.from, io.actor);
      io.line(`Epoch ${epoch} begins with ${from} in the zone of each Partner. ${NOTICED}.`);
      return 0;
    }
    if (operands.KIND !== "token") {
      throw new UsageError(
        `Cannot rotate "${operands.KIND ?? ""}": it must be pseudonym or token. The seal key never changes.`,
      );
    }
    const { site, kid, output } = flags;
    if (site === undefined) throw new UsageError("--site SITE is required: whose tokens the key is for.");
    if (output === undefined) throw new UsageError("-o FILE is required: a secret is not for the terminal.");
    const alg = flags.alg === "EdDSA" ? "EdDSA" : "HS256";
    const made = await rotateToken(service, { site, alg, ...(kid === undefined ? {} : { kid }) }, io.actor);
    await io.bytes(Buffer.from(`${JSON.stringify(made, null, 2)}\n`));
    io.line(`Token key ${made.kid} (${alg}) of site ${site} is in ${output}. ${NOTICED}; sign with it from then on.`);
    io.line("The keys before it stay valid until: roebuck keys revoke KID");
    return 0;
  },
};

const revokeCommand: ServiceCommand = {
  name: "keys revoke",
  summary: "Revoke a token key: within 60 seconds no token under it is taken.",
  operands: [{ name: "KID", prose: "the key's id, as `roebuck keys list` shows it after `token`" }],
  flags: [],
  on: "service",
  async run(service, { operands }, io) {
    const kid = operands.KID ?? "";
    const { site, left } = await revokeToken(service, kid, io.actor);
    io.line(`Token key ${kid} of site ${site} is revoked. ${NOTICED}.`);
    if (left === 0) {
      io.warn(
        `Site ${site} has no valid key left: every token is refused. Add one: roebuck keys rotate token --site ${site} -o FILE`,
      );
    }
    return 0;
  },
};

const destroyCommand: ServiceCommand = {
  name: "keys destroy",
  summary: "Destroy an epoch's key or a Partner's salt: its rows belong to nobody any more. Asks twice.",
  prose: `Without --confirm it says what would become anonymous, and prints a code that is good for 15 minutes. With the code and
the keys of two different operators it destroys. There is no way back: no look-up, export or erasure finds these people
again, and an old copy of the key is not used any more.`,
  operands: [
    { name: "KIND", prose: "`epoch` or `salt`" },
    { name: "ID", prose: "the epoch's number, or the Partner's id (- for accounts without a Partner)" },
  ],
  flags: [
    { name: "confirm", value: "CODE", prose: "The code of the first step." },
    { name: "first-key", value: "FILE", prose: "File (0600) with an operator's key." },
    { name: "second-key", value: "FILE", prose: "File (0600) with another operator's key." },
  ],
  on: "service",
  async run(service, { operands, flags }, io) {
    const target = parseTarget(operands.KIND ?? "", operands.ID ?? "");
    const code = flags.confirm;
    if (code === undefined) {
      const plan = await planDestroy(service, target, io.actor);
      for (const line of toWarning(target, plan)) io.line(line);
      return 0;
    }
    const [firstKeyFile, secondKeyFile] = [flags["first-key"], flags["second-key"]];
    if (firstKeyFile === undefined || secondKeyFile === undefined) {
      throw new UsageError("--first-key FILE and --second-key FILE are required: two operators confirm.");
    }
    if (firstKeyFile === secondKeyFile) {
      throw new CommandError(
        `Cannot destroy "${toKeyName(target)}": --first-key and --second-key are one file; they must be of two operators.`,
      );
    }
    const names = await destroyKey(service, target, { code, firstKeyFile, secondKeyFile }, io.actor);
    io.line(
      `"${toKeyName(target)}" is destroyed, confirmed by ${names.join(" and ")}. Destroy its copies in your backups of the keys, too.`,
    );
    return 0;
  },
};

function toWarning(target: DestroyTarget, { key, losses, code }: Awaited<ReturnType<typeof planDestroy>>): string[] {
  const rows = losses.map(({ table, rows: count, people, from, until }) => [
    table,
    String(count),
    String(people),
    from,
    until,
  ]);
  const salt =
    target.kind === "salt" && target.partner !== ""
      ? [
          `What Partner "${target.partner}" sends from then on is dropped: without a salt nothing may be kept of a person.`,
        ]
      : [];
  return [
    `Destroying "${key === "salt " ? "salt -" : key}" makes anonymous for good:`,
    ...(rows.length === 0
      ? ["  no stored row"]
      : toTable(["Table", "Rows", "Pseudonyms", "First day", "Last day"], rows)),
    "Nobody can find, export, correct, restrict or erase any person in these rows again.",
    ...salt,
    "To go on, within 15 minutes, with the keys of two operators:",
    `  roebuck keys destroy ${target.kind} ${target.kind === "epoch" ? target.epoch : target.partner || "-"} --confirm ${code} --first-key FILE --second-key FILE`,
  ];
}

/** `roebuck keys ...`. */
export const keysCommands: readonly Command[] = [listCommand, rotateCommand, revokeCommand, destroyCommand];
