/** Whole escapes and classes, otherwise one character: what a pattern is made of beside groups. */
const ATOM = /\\.|\[(?:\\.|[^\]\\])*\]|./suy;
const OPENING = /\((?:\?(?:<?[=!]|<[^>]*>|[ims-]*:))?/y;
const TIMES = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y;

/**
 * At most so many ways to read a text of that length has the engine to try before it knows that a pattern does not
 * match. It tries them one after the other: of `(a+)+$` twice as many with each further character.
 *
 * An upper bound: ways that exclude one another are counted both.
 * Pure.
 *
 * @param pattern a regular expression that the engine takes
 */
export function toPatternWork(pattern: string, lengthMax: number): number {
  let at = 0;
  const take = (token: RegExp): RegExpExecArray | null => {
    token.lastIndex = at;
    const found = token.exec(pattern);
    at += found?.[0].length ?? 0;
    return found;
  };
  const toWays = (): number => {
    let others = 0;
    let ways = 1;
    while (at < pattern.length && pattern[at] !== ")") {
      if (pattern[at] === "|") {
        at += 1;
        others += ways;
        ways = 1;
      } else ways *= toRepeatedWays();
    }
    return others + ways;
  };
  const toRepeatedWays = (): number => {
    let ways = 1;
    if (take(OPENING) === null) take(ATOM);
    else {
      ways = toWays();
      at += 1; // its closing bracket
    }
    const times = take(TIMES);
    if (times === null) return ways;
    const [, sign, least = "", comma, most = ""] = times;
    const timesMax = sign === "?" ? 1 : Math.min(Number(most || (comma === "" ? least : "Infinity")), lengthMax);
    return ways ** timesMax * (timesMax + 1);
  };
  const starts = /^\^[^|]*$/s.test(pattern) ? 1 : lengthMax;
  return starts * toWays();
}
