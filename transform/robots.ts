import type { Agent } from "../schemas/event.ts";
import type { Verdict } from "../schemas/verdict.ts";

/**
 * Drops what robots, crawlers and monitors did; the collector recognised them by their user agent.
 *
 * Pure.
 *
 * @see COUNTER 5.1, 7.8 (automated agents are not usage)
 */
export function dropRobot(agent: Agent): Verdict<Agent> {
  return agent.robot ? { dropped: "robot" } : { kept: agent };
}
