import type { Context, Hono } from "hono";
import type { PortalParts } from "./portal-parts.ts";
import type { SignedIn } from "./sessions.ts";

/** What the routes of the portal are made with. */
export interface PortalDesk {
  readonly app: Hono;
  readonly parts: PortalParts;
  /** A page for whoever is signed in as `kind`; others are sent to where they can. */
  page<Kind extends SignedIn["kind"]>(
    kind: Kind,
    path: string,
    run: (context: Context, who: Extract<SignedIn, { kind: Kind }>) => Promise<Response>,
  ): void;
  /** The same for a form, which must come from a page of ours. */
  form<Kind extends SignedIn["kind"]>(
    kind: Kind,
    path: string,
    run: (context: Context, who: Extract<SignedIn, { kind: Kind }>, form: URLSearchParams) => Promise<Response>,
  ): void;
  /** A form that needs no session, and that a crowd from one address prefix is kept from. */
  openForm(path: string, run: (context: Context, form: URLSearchParams) => Promise<Response>): void;
  /** Goes on after the answer, which must not tell how long it takes. */
  later(work: Promise<void>): void;
}
