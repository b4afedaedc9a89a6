import { SignJWT } from "jose";
import { TOKEN_AUDIENCE, TOKEN_CLAIMS, TOKEN_LIFE_S_MAX, TOKEN_TYPE } from "../../schemas/beacon.ts";
import { ACCOUNT_KINDS } from "../../schemas/event.ts";
import type { ServiceCommand } from "../command.ts";
import { CommandError, UsageError } from "../command-io.ts";

/** `roebuck token mint`: a beacon token as the site's CMS would mint it, for trying things out. */
export const tokenMintCommand: ServiceCommand = {
  name: "token mint",
  summary: "Mint a beacon token for a signed-in person, as the site's CMS does.",
  prose:
    "Uses the site's key as it is now, which is noted in the audit trail without the person. For trying things out.",
  operands: [],
  flags: [
    { name: "site", value: "SITE", required: true, prose: "Site id, one of ROEBUCK_SITES." },
    { name: "sub", value: "ID", required: true, prose: "The CMS's id of the person." },
    {
      name: "acct",
      value: "KIND",
      required: true,
      choices: [...ACCOUNT_KINDS],
      prose: `Account kind: ${ACCOUNT_KINDS.join(", ")}.`,
    },
    { name: "ptn", value: "PARTNER", prose: "Partner id; for a partner account, and no other." },
    { name: "dept", value: "NAME", prose: "Department." },
    { name: "consent", value: "LIST", prose: "What the person agreed to: behaviour, feedback, or both with a comma." },
    {
      name: "ttl",
      value: "SECONDS",
      initial: "3600",
      prose: `Life of the token, 1 to ${TOKEN_LIFE_S_MAX} seconds; s, m or h may follow.`,
    },
  ],
  on: "service",
  async run({ sites, keyFiles, clock }, args, io) {
    const site = args.flags.site ?? "";
    if (!sites.some(({ id }) => id === site)) {
      throw new CommandError(
        `Cannot mint a token for site "${site}": the sites are ${sites.map(({ id }) => id).join(", ")}. Add it to ROEBUCK_SITES: ${site}=https://its.origin`,
      );
    }
    const key = keyFiles.signingKey(site);
    if (key === undefined || key.alg !== "HS256") {
      throw new CommandError(
        `Cannot mint a token for site "${site}": its current key is public (EdDSA), so only the site itself can sign.`,
      );
    }
    const iat = Math.floor(clock.nowMs() / 1_000);
    const claims = TOKEN_CLAIMS.safeParse({
      iss: site,
      sub: args.flags.sub,
      iat,
      exp: iat + parseTtl(args.flags.ttl ?? ""),
      acct: args.flags.acct,
      ...(args.flags.ptn === undefined ? {} : { ptn: args.flags.ptn }),
      ...(args.flags.dept === undefined ? {} : { dept: args.flags.dept }),
      ...(args.flags.consent === undefined ? {} : { consent: parseConsent(args.flags.consent) }),
    });
    if (!claims.success)
      throw new UsageError(
        claims.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`.trim()).join("; "),
      );
    const token = await new SignJWT({ ...claims.data, aud: TOKEN_AUDIENCE })
      .setProtectedHeader({ alg: "HS256", typ: TOKEN_TYPE, kid: key.kid })
      .sign(Buffer.from(key.key, "base64url"));
    io.line(token);
    return 0;
  },
};

function parseTtl(text: string): number {
  const match = /^(\d{1,6})([smh]?)$/.exec(text);
  const seconds = Number(match?.[1]) * ({ s: 1, m: 60, h: 3_600 }[match?.[2] ?? ""] ?? 1);
  if (match === null || seconds < 1 || seconds > TOKEN_LIFE_S_MAX) {
    throw new UsageError(
      `Cannot use --ttl "${text}": it must be 1 to ${TOKEN_LIFE_S_MAX} seconds, such as 900, 15m or 12h.`,
    );
  }
  return seconds;
}

function parseConsent(text: string): { behaviour?: boolean; feedback?: boolean } {
  const purposes = text
    .split(",")
    .map((purpose) => purpose.trim())
    .filter(Boolean);
  const wrong = purposes.find((purpose) => purpose !== "behaviour" && purpose !== "feedback");
  if (wrong !== undefined)
    throw new UsageError(`Cannot use --consent "${wrong}": it must be behaviour, feedback, or both with a comma.`);
  return Object.fromEntries(purposes.map((purpose) => [purpose, true]));
}
