/**
 * Every error that Roebuck answers over HTTP, as RFC 9457 problems. `code` is the stable name; `fix` tells the
 * caller what to do. None says anything of the inside.
 */
export const ERRORS = {
  body_invalid: {
    status: 400,
    title: "The body cannot be used",
    fix: "Send the JSON that is described for this address.",
  },
  query_invalid: {
    status: 400,
    title: "A parameter cannot be used",
    fix: "Use the parameters that /docs lists for this address.",
  },
  event_invalid: {
    status: 400,
    title: "The event is not valid",
    fix: "Compare the events with the wire format, and send them again.",
  },
  token_invalid: {
    status: 401,
    title: "The token is not valid",
    fix: "Mint a token for this site with a current key.",
  },
  token_expired: { status: 401, title: "The token has expired", fix: "Mint a new token and send the events again." },
  key_missing: {
    status: 401,
    title: "An API key is required",
    fix: "Send the header Authorization: Bearer, with a key that `roebuck api-keys add` made.",
  },
  key_invalid: {
    status: 401,
    title: "The API key is not valid",
    fix: "Use a key that is not revoked; `roebuck api-keys add` makes one.",
  },
  key_expired: {
    status: 401,
    title: "The API key has expired",
    fix: "Make a new one with `roebuck api-keys add`, then revoke this one.",
  },
  site_unknown: { status: 403, title: "The site is not registered", fix: "Add the site to ROEBUCK_SITES." },
  origin_forbidden: {
    status: 403,
    title: "The origin does not belong to the site",
    fix: "Add the origin to the site in ROEBUCK_SITES.",
  },
  partner_unknown: {
    status: 403,
    title: "The Partner is not on file",
    fix: "Import the Partner with `roebuck partners import`.",
  },
  partner_left: { status: 403, title: "The Partner has left", fix: "Stop sending beacons for this Partner." },
  role_forbidden: {
    status: 403,
    title: "The role of the API key does not allow this",
    fix: "Use a key whose role may do it; the README has the roles.",
  },
  partner_forbidden: {
    status: 403,
    title: "The API key does not reach these people",
    fix: "Use a key that is for this Partner, or for everyone.",
  },
  no_instruction: {
    status: 403,
    title: "The Partner has not instructed us",
    fix: "Put its instruction on file once you have it in writing: 'rights', or 'named_people' for one person's own record.",
  },
  not_found: { status: 404, title: "There is nothing here", fix: "Check the address." },
  record_unknown: {
    status: 404,
    title: "There is no such record",
    fix: "Use a Partner, month and version that GET /v1/records lists.",
  },
  request_unknown: { status: 404, title: "There is no such request", fix: "Use an id that GET /v1/requests lists." },
  hold_unknown: { status: 404, title: "There is no such hold", fix: "Use an id that GET /v1/holds lists." },
  method_not_allowed: {
    status: 405,
    title: "The method is not allowed here",
    fix: "Use a method that the Allow header names.",
  },
  request_timeout: { status: 408, title: "The request took too long", fix: "Send the whole body within 10 seconds." },
  legal_hold: {
    status: 409,
    title: "A legal hold forbids it",
    fix: "Restrict the processing instead, or wait until the hold is off.",
  },
  consent_in_force: {
    status: 409,
    title: "The consent is in force",
    fix: "Tell the person's withdrawal first, or send withdraw: true.",
  },
  request_closed: {
    status: 409,
    title: "The state of the request forbids it",
    fix: "Look at the request, or open a new one.",
  },
  request_other_partner: {
    status: 409,
    title: "The request is about other accounts",
    fix: "Name the request's own acct and partner, or another request.",
  },
  close_refused: {
    status: 409,
    title: "The month cannot be closed",
    fix: "Close a month that has begun and whose rows are kept still, for Partners on file.",
  },
  salt_missing: {
    status: 409,
    title: "Nobody of this Partner can be found any more",
    fix: "Restore the key file, unless the salt was destroyed.",
  },
  not_possible: {
    status: 409,
    title: "It cannot be done as things are",
    fix: "Compare what is asked with what is on file.",
  },
  body_too_large: {
    status: 413,
    title: "The body is too large",
    fix: "Send at most 64 KiB in one beacon, 1 MiB in one call with an API key.",
  },
  media_type: {
    status: 415,
    title: "The media type is not supported",
    fix: "Send text/plain or application/json (text/csv where a file is taken), without Content-Encoding.",
  },
  rate_limited: { status: 429, title: "Too many requests", fix: "Wait for the seconds that Retry-After names." },
  internal: { status: 500, title: "Something failed inside", fix: "Try again; if it lasts, tell the operator." },
  log_unavailable: {
    status: 503,
    title: "The log cannot take anything now",
    fix: "Send the same again after the seconds that Retry-After names.",
  },
  store_unavailable: {
    status: 503,
    title: "The store does not answer now",
    fix: "Give it again after the seconds that Retry-After names; that is safe.",
  },
  keys_unavailable: {
    status: 503,
    title: "API keys cannot be checked now",
    fix: "Send the same again after the seconds that Retry-After names.",
  },
} as const satisfies Record<string, { readonly status: number; readonly title: string; readonly fix: string }>;

/** The stable name of an error. */
export type ErrorCode = keyof typeof ERRORS;

/** All codes, in the order of their status. */
export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[]; // keys of a constant object

/** An RFC 9457 problem document. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
}

/** The problem document of a code; `detail` adds what is particular, and must name no person and nothing of the inside. */
export function toProblem(code: ErrorCode, detail?: string): Problem {
  const { status, title, fix } = ERRORS[code];
  return {
    type: `urn:roebuck:error:${code}`,
    title,
    status,
    code,
    detail: detail === undefined ? fix : `${detail} ${fix}`,
  };
}
