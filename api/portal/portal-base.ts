import type { Settings } from "../../schemas/settings.ts";
import { CommandError } from "../command-io.ts";

/** How the portal is reached from outside, and what follows from it. */
export interface PortalBase {
  /** Scheme, host and port, no slash at the end. */
  readonly origin: string;
  /** Over TLS: cookies are Secure then and bound to the host. */
  readonly isSecure: boolean;
  /**
   * Name of the session's cookie. `__Host-` makes browsers take it from this host alone, over TLS, for every path (RFC
   * 6265bis, 4.1.3.2); without TLS, which is for this machine only, no browser would take that name.
   */
  readonly cookie: string;
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Where Link Officers reach the portal: as ROEBUCK_PORTAL_URL says or, without it, on this machine alone. Pure.
 *
 * @param port that the portal listens on
 * @throws CommandError if the address cannot be used: with a path, or without TLS on another host than this
 */
export function toPortalBase({ portalUrl }: Pick<Settings, "portalUrl">, port: number): PortalBase {
  const text = portalUrl === "" ? `http://127.0.0.1:${port}` : portalUrl.replace(/\/$/, "");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSecure = url?.protocol === "https:";
  const isHere = url?.protocol === "http:" && LOOPBACK.test(url.hostname);
  if (url === undefined || url.origin !== text.toLowerCase() || !(isSecure || isHere))
    throw new CommandError(
      `Cannot use ROEBUCK_PORTAL_URL="${portalUrl}": it must be https and a host, such as https://records.example.org, without a path. http is for this machine alone, such as http://127.0.0.1:8082.`,
    );
  return { origin: url.origin, isSecure, cookie: isSecure ? "__Host-roebuck" : "roebuck-this-machine" };
}
