import type { Hono } from "hono";
import { mayDo } from "../../schemas/roles.ts";
import { checkApiKey, parseApiKey } from "../access/api-key.ts";
import { writeAudit } from "../audit.ts";
import { toPageAnswer, toSeeOther } from "./answers.ts";
import { toOperatorPage } from "./operator-page.ts";
import { readOperatorView } from "./operator-view.ts";
import type { PortalDesk } from "./portal-desk.ts";
import type { PortalParts } from "./portal-parts.ts";
import { beginSession } from "./sessions.ts";
import { toOperatorSignInPage } from "./sign-in-pages.ts";

const NO = "That key does not open this page: it must be a current API key of the role operator, for every Partner.";

/** The operator's screen, and signing in to it with an API key. */
export function addOperatorRoutes(desk: PortalDesk): void {
  const { app, parts }: { readonly app: Hono; readonly parts: PortalParts } = desk;
  const { assets, service } = parts;
  app.get("/operator/sign-in", () => toPageAnswer(toOperatorSignInPage(), assets));
  desk.openForm("/operator/sign-in", async (_, form) => {
    const key = await findKey(parts, form.get("key") ?? "");
    if (key === undefined) return toPageAnswer(toOperatorSignInPage(NO), assets, 401);
    await writeAudit(service, { actor: key, action: "portal.sign_in", detail: { screen: "operator" } });
    return toSeeOther("/operator", { "set-cookie": beginSession(parts, "operator", key) });
  });
  desk.page("operator", "/operator", async () => toPageAnswer(toOperatorPage(await readOperatorView(service)), assets));
}

/** The id of a key that may see the screen. A right key that may not is noted. Throws what a key store throws. */
async function findKey({ apiKeys, service }: PortalParts, text: string): Promise<string | undefined> {
  const presented = parseApiKey(text.trim());
  if (presented === undefined) return undefined;
  const { key, refused } = checkApiKey(await apiKeys.keysLater(), presented, service.clock.nowMs());
  if (key === undefined) return undefined;
  const code = refused ?? (key.partners === null && mayDo(key.roles, "operations.read") ? undefined : "role_forbidden");
  if (code === undefined) return key.id;
  await writeAudit(service, { actor: key.id, action: "portal.sign_in", detail: { refused: code } });
  return undefined;
}
