import Bowser from "bowser";
import { isbot } from "isbot";
import type { Agent } from "../schemas/event.ts";
import { RecentMap } from "./recent-map.ts";
import { AGENT_LENGTH_MAX, type RobotTest } from "./robots-list.ts";

const CACHE_ENTRIES_MAX = 4_000;
/** Browsers without a window that say so, beyond those that isbot knows. */
const HEADLESS = /headless|jsdom|happydom/i;
const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP));
const DEVICES: Readonly<Record<string, Agent["device"]>> = {
  desktop: "desktop",
  mobile: "mobile",
  tablet: "tablet",
};

/**
 * What is left of a user agent: device class, browser and system family, and whether it is a robot.
 *
 * Families come from closed lists: the parser would otherwise echo the unknown text of a user agent as the name of
 * a browser. No user agent at all counts as a robot, since every browser sends one. So does a headless browser that
 * names itself: tests of a site must set a person's user agent if they are to be counted.
 *
 * @param isListed whether the operator's own list has it
 * @see COUNTER Code of Practice 5.1, 7.8
 */
export function toAgent(userAgent: string, isListed: RobotTest = () => false): Agent {
  if (userAgent.trim() === "") return { device: "other", browser: "", os: "", robot: true };
  const text = userAgent.slice(0, AGENT_LENGTH_MAX);
  const { browser, os, platform } = Bowser.parse(text);
  const robot = isbot(text) || HEADLESS.test(text) || isListed(text);
  return {
    device: DEVICES[platform.type ?? ""] ?? "other",
    browser: BROWSERS.has(browser.name ?? "") ? (browser.name ?? "") : "",
    os: SYSTEMS.has(os.name ?? "") ? (os.name ?? "") : "",
    robot,
  };
}

/**
 * {@link toAgent} with a bounded memory of user agents seen: 40 microseconds become one.
 *
 * @param robots the operator's list; the same object until it changes
 */
export function createAgentReader(robots: () => RobotTest | undefined = () => undefined): (userAgent: string) => Agent {
  let seen = new RecentMap<Agent>(CACHE_ENTRIES_MAX);
  let list = robots();
  return (userAgent) => {
    const listNow = robots();
    if (listNow !== list) {
      list = listNow;
      seen = new RecentMap<Agent>(CACHE_ENTRIES_MAX);
    }
    const text = userAgent.length > AGENT_LENGTH_MAX ? userAgent.slice(0, AGENT_LENGTH_MAX) : userAgent;
    const known = seen.get(text);
    if (known !== undefined) return known;
    const agent = toAgent(text, list);
    seen.set(text, agent);
    return agent;
  };
}
