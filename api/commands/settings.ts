import { SETTINGS, toVariable } from "../../schemas/settings.ts";
import type { PlainCommand } from "../command.ts";
import { readSettings } from "../environment.ts";

/** `roebuck settings`: every setting with its value in force. Secrets are never printed. */
export const settingsCommand: PlainCommand = {
  name: "settings",
  summary: "List every setting: its name, value in force, what is allowed and what it is for.",
  operands: [],
  flags: [],
  on: "nothing",
  async run(_args, io) {
    const { settings } = readSettings();
    for (const [name, setting] of Object.entries(SETTINGS)) {
      const value = settings[name as keyof typeof settings]; // the catalogue's own key
      const secret = "secret" in setting && setting.secret;
      const shown = secret
        ? value === ""
          ? "(not set)"
          : "(set, not shown)"
        : value === ""
          ? "(empty)"
          : String(value);
      const isDefault =
        value === setting.initial ? "" : `  [default: ${setting.initial === "" ? "(empty)" : setting.initial}]`;
      io.line(`${toVariable(name)} = ${shown}${isDefault}`);
      const allowed =
        setting.kind === "number"
          ? ` ${setting.min} to ${setting.max} ${setting.unit}.`
          : setting.kind === "choice"
            ? ` One of ${setting.choices.join(", ")}.`
            : "";
      io.line(`    ${setting.prose}${allowed}`);
    }
    return 0;
  },
};
