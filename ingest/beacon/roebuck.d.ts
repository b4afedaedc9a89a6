/**
 * Types of the function that the beacon puts into a page. Copy this file into the site's own code
 * (`roebuck snippet --types` prints it); it imports nothing.
 */

/** What a page shows or a link leads to. `full`: the full content, so that its use is a request too. */
export interface RoebuckResource {
  id: string;
  type: string;
  topic?: string;
  full?: boolean;
}

/** What may be said of a page beyond what the beacon reads from it. */
export interface RoebuckDetails {
  /** Absolute address; default: the page's own. Without fragment; the collector cuts its query. */
  url?: string;
  title?: string;
  resource?: RoebuckResource;
}

/** Answers the token of the person who is signed in now, or nothing if nobody is. Rejects or throws if it cannot tell. */
export type RoebuckTokenSource = () => string | null | undefined | Promise<string | null | undefined>;

/** A person's yes or no, with the version of the wording that they saw, such as `2026-03`. */
export interface RoebuckConsent {
  version: string;
  behaviour?: boolean;
  feedback?: boolean;
}

/** An answer to a question for feedback: a score from 1 to 5, a comment, or both. */
export interface RoebuckFeedback {
  score?: 1 | 2 | 3 | 4 | 5;
  comment?: string;
  /** The webinar, meeting or course that it is about. */
  event?: { id: string; title?: string; kind?: string };
}

/** What the form for feedback asks. Texts have English defaults. */
export interface RoebuckAsk {
  /** Version of the wording of the tick for combining. Without one there is no tick, and no choice is told. */
  version?: string;
  event?: RoebuckFeedback["event"];
  /** Heading of the form. */
  heading?: string;
  /** Label of the tick for combining: it must say what is agreed to. */
  combine?: string;
}

/**
 * The function `roebuck`. What it is told is kept in memory until it is sent; it never throws for what a site says. What
 * is no JSON, or longer than some 15,000 characters, is let go.
 */
export interface Roebuck {
  /** Calls kept by the site's own stub; 0 once the beacon is there. */
  q?: unknown[] | 0;
  (name: "page_view" | "download" | "play", details?: RoebuckDetails): void;
  (name: "search", details: RoebuckDetails & { query: string }): void;
  /** Only sent after a yes to behaviour in this page. */
  (name: "click", details: RoebuckDetails & { target: string }): void;
  (name: "feedback", details: RoebuckDetails & RoebuckFeedback): void;
  (name: "consent", choice: RoebuckConsent): void;
  /**
   * In place of `<meta name="roebuck-token">`: asked at the first sending, again when a token is refused or five minutes old.
   * Called again when somebody else signs in or out without a new page: what waits goes with whoever was there before.
   */
  (name: "token", source: RoebuckTokenSource): void;
  /** Opens the form for feedback, of a file that is loaded only then. Nothing happens if nobody is signed in. */
  (name: "ask", ask?: RoebuckAsk): void;
}

declare global {
  interface Window {
    roebuck: Roebuck;
  }
  const roebuck: Roebuck;
}
