import { writeSync } from 'node:fs';
import { type Setting, settings } from './checks.ts';

/** Names of the settings that are to be gone through, as a regular expression; put in when this is bundled. */
declare const VM_SETTINGS: string;

/** Runs all checks, or those of the setting named by the first argument, and says one line of JSON for each. */
const [, , wanted] = process.argv;
for (const setting of settings) {
  if (wanted === undefined && !new RegExp(VM_SETTINGS).test(setting.situation.name)) continue;
  if (wanted === undefined && setting.elsewhere !== undefined) attempt(setting.elsewhere);
  else if (wanted === undefined || wanted === setting.situation.name) await runChecks(setting);
}

async function runChecks({ situation, prepare, checks }: Setting): Promise<void> {
  const trouble = attempt(prepare);
  for (const { name, run } of checks) {
    let detail = trouble;
    try {
      if (detail === '') await run(situation);
    } catch (error) {
      detail = String((error as Error).stack ?? error);
    }
    writeSync(
      1,
      `@@ ${JSON.stringify({ setting: situation.name, check: name, ok: detail === '', detail })}\n`,
    );
  }
}

/** What went wrong, '' for nothing; on the console as well. */
function attempt(step: () => void): string {
  try {
    step();
    return '';
  } catch (error) {
    writeSync(1, `${error}\n`);
    return String(error);
  }
}
