/** The pseudonym keys cannot be read now; nothing is judged until they can. The message names the place and what is wrong, never a key. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}
