import { settings } from './checks.ts';
import { attempt, runChecks } from './run-checks.ts';

/** Names of the settings that are to be gone through, as a regular expression; put in when this is bundled. */
declare const VM_SETTINGS: string;

/** Runs all checks, or those of the setting named by the first argument, and says one line of JSON for each. */
const [, , wanted] = process.argv;
for (const setting of settings) {
  if (wanted === undefined && !new RegExp(VM_SETTINGS).test(setting.situation.name)) continue;
  if (wanted === undefined && setting.elsewhere !== undefined) attempt(setting.elsewhere);
  else if (wanted === undefined || wanted === setting.situation.name) await runChecks(setting);
}
