import { Agent, request } from "node:http";
import { SignJWT } from "jose";
import { TOKEN_AUDIENCE, TOKEN_TYPE } from "../../schemas/beacon.ts";
import type { DemoPerson } from "./people.ts";
import type { DemoVisit } from "./traffic.ts";

/** Signs demo tokens as the site's CMS would. */
export type Mint = (person: Pick<DemoPerson, "partner" | "id" | "dept" | "consent">, nowMs: number) => Promise<string>;

/** A minter for one site. Tokens live for an hour from `nowMs` (UTC). */
export function createMint(site: string, kid: string, secret: Uint8Array): Mint {
  return ({ partner, id, dept, consent }, nowMs) => {
    const iat = Math.floor(nowMs / 1_000);
    const claims = {
      iss: site,
      aud: TOKEN_AUDIENCE,
      sub: id,
      acct: "partner",
      ptn: partner,
      iat,
      exp: iat + 3_600,
      ...(dept === "" ? {} : { dept }),
      ...(consent === undefined ? {} : { consent }),
    };
    return new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: TOKEN_TYPE, kid }).sign(secret);
  };
}

/** One POST to the collector; answers its status. */
export type Post = (body: object, userAgent: string) => Promise<number>;

/** Posts beacons over kept-alive connections. Dispose to close them. */
export function openPost(url: string): { post: Post } & Disposable {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const post: Post = (body, userAgent) =>
    new Promise((resolve, reject) => {
      const call = request(
        `${url}/v1/beacons`,
        { method: "POST", agent, headers: { "content-type": "text/plain", "user-agent": userAgent } },
        (answer) => {
          answer.resume();
          answer.on("end", () => resolve(answer.statusCode ?? 0));
          answer.on("error", reject);
        },
      );
      call.on("error", reject);
      call.end(JSON.stringify(body));
    });
  return { post, [Symbol.dispose]: () => agent.destroy() };
}

/** Sends one visit as its browser would at `nowMs` (UTC), the collector's clock of that moment. Throws if it is not taken. */
export async function sendVisit(post: Post, mint: Mint, site: string, visit: DemoVisit, nowMs: number): Promise<void> {
  const token = await mint(visit.person, nowMs);
  const status = await post({ v: 1, site, token, sent_at: nowMs, events: visit.events }, visit.userAgent);
  if (status !== 202) throw new Error(`Cannot send the demo's traffic: the collector answered ${status}, not 202`);
}
