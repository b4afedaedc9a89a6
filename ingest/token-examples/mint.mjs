// Mints a beacon token for a signed-in person, with what Node brings alone.
import { createHmac } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { argv, env } from "node:process";
import { pathToFileURL } from "node:url";

const toPart = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The person as claims: an id that is a number becomes text; what is null, such as an unknown department, is left out. */
function toClaims(person) {
  const claims = Object.fromEntries(Object.entries(person).filter(([, value]) => value !== null));
  return typeof claims.sub === "number" ? { ...claims, sub: String(claims.sub) } : claims;
}

/** `kid` and `key` as in keys/collector.json (HS256); `person`: sub, acct and, for a partner account, ptn. */
export function mintToken(site, kid, key, person, lifeS = 3_600) {
  const now = Math.floor(Date.now() / 1_000);
  const header = { alg: "HS256", typ: "beacon+jwt", kid };
  const claims = { ...toClaims(person), iss: site, aud: "roebuck", iat: now, exp: now + lifeS };
  const signed = `${toPart(header)}.${toPart(claims)}`;
  const signature = createHmac("sha256", Buffer.from(key, "base64url")).update(signed).digest("base64url");
  return `${signed}.${signature}`;
}

// A site that is started as `node app` has no file of that name.
if (existsSync(argv[1] ?? "") && import.meta.url === pathToFileURL(realpathSync(argv[1])).href) {
  // The key comes from the environment, since a command line can be read by others.
  console.log(mintToken(env.BEACON_SITE, env.BEACON_KID, env.BEACON_KEY, JSON.parse(argv[2] ?? "{}")));
}
