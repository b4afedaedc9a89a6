/**
 * The form for feedback: a second file, loaded when a page calls `roebuck("ask")`. A dialog of the browser's own, so
 * that focus stays in it, Escape closes it and focus goes back to where it was; in a shadow tree, so that it looks the
 * same on every site; styled by a sheet that no content security policy forbids.
 */
import type { Roebuck, RoebuckAsk, RoebuckFeedback } from "./roebuck.d.ts";

const STYLE = `
dialog { box-sizing: border-box; width: min(30rem, calc(100vw - 2rem)); padding: 1.5rem; border: 1px solid #56616b;
  border-radius: .5rem; background: #fff; color: #1b1f23; font: 1rem/1.5 system-ui, sans-serif }
dialog::backdrop { background: #0008 }
h2 { margin: 0 0 1rem; font-size: 1.25rem; line-height: 1.3 }
fieldset { margin: 0 0 1rem; padding: 0; border: 0 }
legend, label { padding: 0; font-weight: 600 }
.scores { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .25rem }
.scores label, .tick { display: flex; gap: .5rem; align-items: flex-start; min-width: 2.75rem; min-height: 2rem; font-weight: 400 }
input { flex: none; width: 1.25rem; height: 1.25rem; margin: .15rem 0 0; accent-color: #0b5394 }
textarea { box-sizing: border-box; width: 100%; margin: .25rem 0 1rem; padding: .5rem; border: 1px solid #56616b; border-radius: .25rem;
  background: #fff; color: inherit; font: inherit }
button { min-height: 2.75rem; margin: 1rem .5rem 0 0; padding: .5rem 1.25rem; border: 1px solid #0b5394; border-radius: .25rem;
  background: #fff; color: #0b5394; font: inherit }
button[type=submit] { background: #0b5394; color: #fff }
:focus-visible { outline: 3px solid #0b5394; outline-offset: 2px }
h2:focus-visible { outline: none }
[role=alert] { margin: 0; color: #a40000 }`;

const entry = (window as unknown as { roebuck: Roebuck & { ask?: RoebuckAsk } }).roebuck; // the beacon, which loaded this file
const ask = entry.ask ?? {};
const SCORES = [1, 2, 3, 4, 5] as const;
const NAMED: Readonly<Record<number, string>> = { 1: "1, poor", 5: "5, very good" };

/** An element with its attributes and what is in it. */
function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...inside: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

function toScores(): HTMLFieldSetElement {
  const choices = SCORES.map((score) =>
    make("label", {}, make("input", { type: "radio", name: "score", value: `${score}` }), NAMED[score] ?? `${score}`),
  );
  return make("fieldset", {}, make("legend", {}, "Your score"), make("div", { class: "scores" }, ...choices));
}

/** Shows the dialog; what is sent goes through the beacon. */
function open(): void {
  const host = make("div", { id: "roebuck-feedback" });
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  const comment = make("textarea", { id: "comment", rows: "4", maxlength: "4000" });
  const tick = make("input", { type: "checkbox", name: "combine" });
  const alert = make("p", { role: "alert" });
  const cancel = make("button", { type: "button" }, "Cancel");
  const form = make("form", {}, toScores(), make("label", { for: "comment" }, "Your comment"), comment);
  // Never ticked beforehand: consent is given, not left standing (GDPR Art. 4(11), Recital 32).
  const words =
    ask.combine ?? "You may combine this answer with my use of this website. I can withdraw this at any time.";
  if (ask.version) form.append(make("label", { class: "tick" }, tick, words));
  form.append(alert, make("button", { type: "submit" }, "Send"), cancel);
  const heading = make("h2", { id: "heading", tabindex: "-1" }, ask.heading ?? "Your feedback");
  const dialog = make("dialog", { "aria-labelledby": "heading" }, heading, form);
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => host.remove());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const score = Number(new FormData(form).get("score"));
    const text = comment.value.trim();
    if (!score && !text) {
      alert.textContent = "Choose a score or write a comment, then send.";
      form.querySelector("input")?.focus();
      return;
    }
    send(score, text, tick.checked);
    const close = make("button", { type: "button" }, "Close");
    close.addEventListener("click", () => dialog.close());
    heading.textContent = "Thank you for your feedback.";
    form.replaceWith(close);
    heading.focus();
  });
  shadow.append(dialog);
  document.body.append(host);
  dialog.showModal();
}

/** The choice goes first, so that it holds for the answer; without a tick it is a no. */
function send(score: number, comment: string, combine: boolean): void {
  if (ask.version) entry("consent", { version: ask.version, feedback: combine });
  entry("feedback", {
    ...(score ? { score: score as NonNullable<RoebuckFeedback["score"]> } : {}), // of SCORES: no other can be chosen
    ...(comment ? { comment } : {}),
    ...(ask.event ? { event: ask.event } : {}),
  });
}

if (!document.getElementById("roebuck-feedback")) open();
