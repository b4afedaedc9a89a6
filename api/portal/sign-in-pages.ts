import { html, NOTHING } from "../../reporting/markup-text.ts";
import { toPlainText } from "../../reporting/words.ts";
import { SIGN_IN_MINUTES } from "./letters.ts";
import type { LinkStanding } from "./links.ts";
import type { PortalPage } from "./shell.ts";

/** Where a Link Officer asks for a link. Pure. */
export function toSignInPage(note = ""): PortalPage {
  return {
    title: "Sign in: Records of Engagement",
    content: html`<h1>Sign in</h1>
${note === "" ? NOTHING : html`<p class="notice" role="status">${note}</p>`}
<p>For Link Officers. We send a link to your e-mail address; there is no password.</p>
<form class="form" method="post" action="/sign-in">
<label for="email">Your e-mail address</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254">
<button>Send me a link</button>
</form>`,
  };
}

/** The same for every address, known or not. Pure. */
export function toSentPage(): PortalPage {
  return {
    title: "Look into your mail: Records of Engagement",
    content: html`<h1>Look into your mail</h1>
<p>If that address is a Link Officer's, a link to sign in is on its way to it. The link is good for ${SIGN_IN_MINUTES} minutes and for one sign-in.</p>
<p>Nothing after some minutes? Look among unwanted mail, then <a href="/">ask again</a>. If it stays away, ask whoever sends you the records which address they have of you.</p>`,
  };
}

const LOST = {
  used: ["This link was used already", "Each link is good for one sign-in."],
  expired: ["This link has expired", `A link to sign in is good for ${SIGN_IN_MINUTES} minutes.`],
  unknown: ["This link is not valid", "It may not be whole: some mail programs break long lines."],
} as const;

/** What somebody sees who opens a link: a button that uses it, or why it does not open anything. Pure. */
export function toLinkPage(standing: LinkStanding, secret: string, partnerName: string): PortalPage {
  if (standing.state === "used" || standing.state === "expired" || standing.state === "unknown") {
    const [title, why] = LOST[standing.state];
    return {
      title: `${title}: Records of Engagement`,
      content: html`<h1>${title}</h1>
<p>${why}</p>
<p><a href="/">Ask for a new link</a></p>`,
    };
  }
  const isJoin = standing.state === "join";
  const title = isJoin ? `Link Officer of ${toPlainText(partnerName)}` : "Sign in";
  const words = isJoin
    ? `${toPlainText(standing.joining.by)} has named you as a Link Officer of ${toPlainText(partnerName)}. Once you agree you get its records by e-mail, and the other Link Officers are told.`
    : "One more step, so that only you and not your mail program opens the link.";
  return {
    title: `${title}: Records of Engagement`,
    content: html`<h1>${title}</h1>
<p>${words}</p>
<form class="form" method="post" action="/session">
<input type="hidden" name="link" value="${secret}">
<button>${isJoin ? "Agree and sign in" : "Sign in"}</button>
</form>`,
  };
}

/** Where an operator signs in. Pure. */
export function toOperatorSignInPage(note = ""): PortalPage {
  return {
    title: "Operator sign-in: Roebuck",
    content: html`<h1>Operator sign-in</h1>
${note === "" ? NOTHING : html`<p class="notice" role="status">${note}</p>`}
<p>With an API key of the role operator that is for every Partner; <code>roebuck api-keys add</code> makes one.</p>
<form class="form" method="post" action="/operator/sign-in">
<label for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="off" required maxlength="100">
<button>Sign in</button>
</form>`,
  };
}
