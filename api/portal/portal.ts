import { type Context, Hono } from "hono";
import { createCredentialsReader } from "../../ingest/call.ts";
import { toIncoming, toPlace } from "../../ingest/incoming.ts";
import { RateLimit } from "../../ingest/limits.ts";
import { WarehouseUnavailable } from "../../schemas/ports.ts";
import { CommandError } from "../command-io.ts";
import { toErrorFacts } from "../logger.ts";
import { toRefusalPage, toSeeOther } from "./answers.ts";
import { addAssetRoutes } from "./assets.ts";
import { isOwnForm, readForm } from "./form.ts";
import { addOfficerRoutes } from "./officer-routes.ts";
import { addOperatorRoutes } from "./operator-routes.ts";
import type { PortalDesk } from "./portal-desk.ts";
import type { PortalParts } from "./portal-parts.ts";
import { readSession, type SignedIn } from "./sessions.ts";
import { addSignInRoutes } from "./sign-in-routes.ts";

/** Work after answers that may be under way at once; beyond it no more is begun. */
const LATER_MAX = 100;

/** A portal, and what of it still goes on after its answers. */
export interface Portal {
  readonly app: Hono;
  /** Resolves when that is done. */
  settle(): Promise<void>;
}

/**
 * The portal: pages for Link Officers and the operator's screen. Every page reads whole without scripts.
 *
 * @throws if a setting cannot be read
 */
export function createPortal(parts: PortalParts): Portal {
  const app = new Hono();
  const { assets, base, service } = parts;
  const toCredentials = createCredentialsReader(service.settings.trustedProxies);
  const all = new RateLimit(service.settings.ratePerAddress);
  const tries = new RateLimit(parts.triesPerMinute);
  const working = new Set<Promise<void>>();
  const isCrowded = (limit: RateLimit, context: Context) =>
    limit.take(toCredentials(toIncoming(context)).prefix, service.clock.nowMs()) > 0;

  app.use(async (context, next) => {
    if (isCrowded(all, context)) return toRefusalPage(429, assets);
    if (context.req.method === "POST" && !isOwnForm(context, base)) return toRefusalPage(403, assets);
    await next();
    if (base.isSecure) context.header("strict-transport-security", "max-age=31536000");
    return undefined;
  });
  addAssetRoutes(app, assets);
  const signedIn = async (context: Context, kind: SignedIn["kind"]) => {
    const found = await readSession(context, parts);
    return found?.kind === kind ? found : toSeeOther(kind === "operator" ? "/operator/sign-in" : "/");
  };
  const desk: PortalDesk = {
    app,
    parts,
    page(kind, path, run) {
      app.get(path, async (context) => {
        const who = await signedIn(context, kind);
        // its kind was compared above
        return who instanceof Response ? who : run(context, who as Parameters<typeof run>[1]);
      });
    },
    form(kind, path, run) {
      app.post(path, async (context) => {
        const who = await signedIn(context, kind);
        if (who instanceof Response) return who;
        const form = await readForm(context);
        if (typeof form === "number") return toRefusalPage(form, assets);
        return run(context, who as Parameters<typeof run>[1], form); // as above
      });
    },
    openForm(path, run) {
      app.post(path, async (context) => {
        if (isCrowded(tries, context)) return toRefusalPage(429, assets);
        const form = await readForm(context);
        return typeof form === "number" ? toRefusalPage(form, assets) : run(context, form);
      });
    },
    later(work) {
      const noted = work.catch(() => undefined).finally(() => working.delete(noted));
      working.add(noted);
    },
  };
  addSignInRoutes({ ...desk, isBusy: () => working.size >= LATER_MAX });
  addOfficerRoutes(desk);
  addOperatorRoutes(desk);
  app.notFound(() => toRefusalPage(404, assets));
  app.onError((error) => toFailure(parts, error));
  return {
    app,
    async settle() {
      await Promise.all(working);
    },
  };
}

/** What failed inside, as a page that says nothing of it. */
function toFailure({ service, assets }: PortalParts, error: unknown): Response {
  const isAway = error instanceof WarehouseUnavailable || error instanceof CommandError;
  const place = error instanceof Error ? toPlace(error) : "unknown";
  service.logger.error("a page of the portal failed", { ...toErrorFacts(error), at: place });
  return toRefusalPage(isAway ? 503 : 500, assets);
}
