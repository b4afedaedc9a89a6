import { writeAudit } from "../audit.ts";
import { toPageAnswer, toRefusalPage, toSeeOther } from "./answers.ts";
import { addContact } from "./contacts.ts";
import { mailSignInLink, readLink, takeLink, toSubject } from "./links.ts";
import { findOfficerByWho, toOfficerActor } from "./officers.ts";
import type { PortalDesk } from "./portal-desk.ts";
import type { PortalParts } from "./portal-parts.ts";
import { beginSession, readSession, toNoCookie } from "./sessions.ts";
import { toLinkPage, toSentPage, toSignInPage } from "./sign-in-pages.ts";

/** Signing in by a mailed link, and out. */
export function addSignInRoutes(desk: PortalDesk & { isBusy(): boolean }): void {
  const { app, parts } = desk;
  const { assets, service, file, base } = parts;

  app.get("/", async (context) => {
    const who = await readSession(context, parts);
    if (who?.kind === "operator") return toSeeOther("/operator");
    return who === undefined ? toPageAnswer(toSignInPage(), assets) : toSeeOther("/partners");
  });

  // Answered alike, and before anybody has looked, whether or not the address is an officer's.
  desk.openForm("/sign-in", async (_, form) => {
    const email = (form.get("email") ?? "").trim();
    if (email.length > 254 || !email.includes("@"))
      return toPageAnswer(toSignInPage("Give your e-mail address."), assets, 400);
    if (desk.isBusy()) return toRefusalPage(503, assets);
    desk.later(mailSignInLink(parts, email));
    return toPageAnswer(toSentPage(), assets);
  });

  app.get("/sign-in/:link", async (context) => {
    const secret = context.req.param("link");
    const standing = readLink(parts, secret);
    const name = standing.state === "join" ? await readName(parts, standing.joining.partner) : "";
    const isGood = standing.state === "join" || standing.state === "sign in";
    return toPageAnswer(toLinkPage(standing, secret, name), assets, isGood ? 200 : 410);
  });

  desk.openForm("/session", async (_, form) => {
    const taken = await takeLink(parts, form.get("link") ?? "");
    if (taken.state !== "sign in" && taken.state !== "join")
      return toPageAnswer(toLinkPage(taken, "", ""), assets, 410);
    if (taken.state === "join" && !(await addContact(parts, taken.joining, taken.who)))
      return toPageAnswer(toLinkPage({ state: "unknown" }, "", ""), assets, 410);
    const officer = taken.state === "join" ? await findOfficerByWho(service.warehouse, taken.who) : taken.officer;
    if (officer === undefined) return toPageAnswer(toLinkPage({ state: "unknown" }, "", ""), assets, 410);
    const actor = toOfficerActor(officer.who);
    await writeAudit(service, { actor, action: "portal.sign_in", subject: toSubject(officer) });
    return toSeeOther("/partners", { "set-cookie": beginSession(parts, "officer", officer.who) });
  });

  app.post("/sign-out", async (context) => {
    const who = await readSession(context, parts);
    if (who !== undefined) {
      const actor = who.kind === "operator" ? who.key : toOfficerActor(who.officer.who);
      file.endSession(who.hash);
      await writeAudit(service, { actor, action: "portal.sign_out" });
    }
    return toSeeOther("/", { "set-cookie": toNoCookie(base) });
  });
}

async function readName({ service }: Pick<PortalParts, "service">, partner: string): Promise<string> {
  const [row] = await service.warehouse.rows<{ name: string }>({
    sql: "SELECT name FROM partners FINAL WHERE id = {partner:String}",
    parameters: { partner },
  });
  return row?.name ?? partner;
}
