import type { Hono } from "hono";
import { openServer } from "../../ingest/server.ts";
import { openApiKeyReader } from "../access/api-keys.ts";
import { openHouseStyle } from "../house-style.ts";
import { openMailer } from "../mail/open-mailer.ts";
import type { Service } from "../service.ts";
import { buildAssets } from "./assets.ts";
import { createPortal, type Portal } from "./portal.ts";
import { toPortalBase } from "./portal-base.ts";
import { openPortalFile } from "./portal-file.ts";
import { expireSessions } from "./sessions.ts";

/** Sign-ins of any kind that one address prefix may try in a minute: an office shares one. */
const TRIES_PER_MINUTE = 20;
const EXPIRE_INTERVAL_MS = 600_000;

/** A portal that listens. */
export interface ListeningPortal extends AsyncDisposable {
  readonly port: number;
  /** As it is reached from outside. */
  readonly url: string;
}

/**
 * Serves the portal of a service on its own address. Disposing finishes what is in flight, mails too.
 *
 * @param triesPerMinute for tests, whose clock stands still
 * @throws CommandError if a setting cannot be used; Error if the address cannot be listened on
 */
export async function listenForOfficers(
  service: Service,
  triesPerMinute: number = TRIES_PER_MINUTE,
): Promise<ListeningPortal> {
  const { settings } = service;
  toPortalBase(settings, settings.portalPort); // a wrong address is told before anything listens
  await using opened = new AsyncDisposableStack(); // closes what is open if the rest cannot be opened
  const file = opened.use(openPortalFile(settings.dataDir));
  const mailer = opened.use(openMailer(settings));
  const style = openHouseStyle(settings);
  const parts = {
    service,
    file,
    mailer,
    style,
    assets: buildAssets(style.palette),
    apiKeys: openApiKeyReader(service.keyFiles.store),
    triesPerMinute,
  };
  // Its port is in its links, and is known only once it listens: what comes before then waits for it.
  const created = Promise.withResolvers<Portal>();
  const app: Pick<Hono, "fetch"> = {
    fetch: async (request, env) => (await created.promise).app.fetch(request, env as object), // as the server gives it
  };
  let portal: Portal | undefined;
  opened.defer(async () => portal?.settle());
  const { portalHost: host, portalPort: port } = settings;
  const server = opened.use(await openServer(app, { host, port, connectionsMax: 512 }));
  const base = toPortalBase(settings, server.port);
  portal = createPortal({ ...parts, base });
  created.resolve(portal);
  const timer = setInterval(() => expireSessions(parts), EXPIRE_INTERVAL_MS);
  opened.defer(() => clearInterval(timer));
  const kept = opened.move();
  return { port: server.port, url: base.origin, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
