import type { MailAddress } from "../../schemas/ports.ts";

const ADDRESS = /^[^\s@<>"(),:;]{1,64}@[^\s@<>"(),:;]{1,190}$/;
// Control characters would begin another header.
const CONTROLS = /\p{Cc}/u;

/** Reads `Name <address>` or `address`; undefined if it is neither. Pure. */
export function parseMailAddress(text: string): MailAddress | undefined {
  const [, name = "", given = ""] = /^(?:([^<>]*?)\s*<([^<>]*)>|.*)$/.exec(text.trim()) ?? [];
  const address = given === "" ? text.trim() : given.trim();
  if (!ADDRESS.test(address) || CONTROLS.test(name)) return undefined;
  return { name: given === "" ? "" : name.replace(/^"(.*)"$/, "$1"), address };
}
