import { randomBytes } from "node:crypto";
import { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { html, raw } from "hono/html";
import { DEMO_PARTNERS, DEMO_RESOURCES, type DemoResource } from "./catalogue.ts";

/** What the demo site needs of the rest. */
export interface DemoSiteParts {
  /** Address of the beacon script, and its integrity value. */
  readonly beaconUrl: string;
  readonly integrity: string;
  readonly site: string;
  /** Mints a token for a person of a Partner, as a CMS does. */
  mint(partner: string, person: string): Promise<string>;
}

const STYLE = `body{font:17px/1.55 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:1.5rem;color:#1c2b2a}
a{color:#0b5f59}header{border-bottom:1px solid #c9d6d4;margin-bottom:1.5rem;padding-bottom:.75rem}
nav a{margin-right:1rem}label,button,select,input{font:inherit}small{color:#4a5b59}
.card{border:1px solid #c9d6d4;border-radius:.4rem;padding:.75rem 1rem;margin:.6rem 0}`;

type Markup = ReturnType<typeof html>;

/** A small website with a sign-in, resources, a search and downloads: what embeds the beacon in the demo. */
export function createDemoSite(parts: DemoSiteParts): Hono {
  const app = new Hono();
  // The demo's own sign-in: a random session, held in memory. Roebuck itself sets no cookie.
  const sessions = new Map<string, { partner: string; person: string }>();

  const toPage = async (
    session: string | undefined,
    title: string,
    body: Markup,
    resource?: object,
  ): Promise<Markup> => {
    const who = session === undefined ? undefined : sessions.get(session);
    const token = who === undefined ? undefined : await parts.mint(who.partner, who.person);
    return html`<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>${raw(STYLE)}</style>
${token === undefined ? "" : html`<meta name="roebuck-token" content="${token}">`}
${resource === undefined ? "" : html`<meta name="roebuck-resource" content="${JSON.stringify(resource)}">`}
<script src="${parts.beaconUrl}" integrity="${parts.integrity}" crossorigin="anonymous" data-site="${parts.site}" defer></script>
</head><body><header><strong>Practice Library</strong> <small>a demo site</small>
<nav><a href="/">Home</a><a href="/search">Search</a>${
      who === undefined ? html`<a href="/sign-in">Sign in</a>` : html`<a href="/sign-out">Sign out (${who.person})</a>`
    }</nav></header><main><h1>${title}</h1>${body}</main></body></html>`;
  };

  app.get("/", async (context) =>
    context.html(
      await toPage(
        getCookie(context, "demo"),
        "Home",
        html`<p>Everything here is invented. Sign in, read, then close the month and look at your Partner's record.</p>${DEMO_RESOURCES.map(toCard)}`,
      ),
    ),
  );
  app.get("/search", async (context) => {
    const query = context.req.query("q")?.slice(0, 200) ?? "";
    const found = DEMO_RESOURCES.filter(
      ({ title }) => query !== "" && title.toLowerCase().includes(query.toLowerCase()),
    );
    const body = html`<form><label>Look for <input name="q" value="${query}"></label> <button>Search</button></form>
${query === "" ? "" : html`<p>${found.length} found.</p><script src="/search.js" defer></script>`}${found.map(toCard)}`;
    return context.html(await toPage(getCookie(context, "demo"), "Search", body));
  });
  app.get("/search.js", (context) =>
    context.body('roebuck("search",{query:new URLSearchParams(location.search).get("q")})', 200, {
      "content-type": "text/javascript",
    }),
  );
  app.get("/sign-in", async (context) => {
    const choices = DEMO_PARTNERS.map(({ id, name }) => html`<option value="${id}">${name}</option>`);
    const body = html`<form method="post"><label>Partner <select name="partner">${choices}</select></label>
<label>User <input name="person" value="visitor-1"></label> <button>Sign in</button></form>`;
    return context.html(await toPage(undefined, "Sign in", body));
  });
  app.post("/sign-in", async (context) => {
    const form = await context.req.formData();
    const session = randomBytes(16).toString("base64url");
    sessions.set(session, { partner: String(form.get("partner")), person: String(form.get("person")).slice(0, 60) });
    setCookie(context, "demo", session, { httpOnly: true, sameSite: "Strict", path: "/" });
    return context.redirect("/", 303);
  });
  app.get("/sign-out", (context) => {
    const session = deleteCookie(context, "demo");
    if (session !== undefined) sessions.delete(session);
    return context.redirect("/", 303);
  });
  for (const resource of DEMO_RESOURCES) {
    app.get(resource.path, async (context) => {
      const { id, type, topic, title } = resource;
      const full = type === "guide" || type === "article";
      const body = html`<p>${toLead(resource)}</p><p><a href="${resource.path}.pdf" download>Download as PDF</a></p>`;
      return context.html(await toPage(getCookie(context, "demo"), title, body, { id, type, topic, full }));
    });
    app.get(`${resource.path}.pdf`, (context) =>
      context.body("%PDF-1.4\n%demo\n", 200, { "content-type": "application/pdf" }),
    );
  }
  return app;
}

function toCard(resource: DemoResource): Markup {
  return html`<div class="card"><a href="${resource.path}">${resource.title}</a><br><small>${resource.type}, ${resource.topic}</small></div>`;
}

function toLead(resource: DemoResource): string {
  return `This would be the ${resource.type} "${resource.title}" for people who work in ${resource.topic.toLowerCase()}.`;
}
