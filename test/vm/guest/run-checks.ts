import { writeSync } from 'node:fs';
import type { Setting } from './checks.ts';

/** Runs the checks of a setting, and says one line of JSON for each. */
export async function runChecks({ situation, prepare, checks }: Setting): Promise<void> {
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
export function attempt(step: () => void): string {
  try {
    step();
    return '';
  } catch (error) {
    writeSync(1, `${error}\n`);
    return String(error);
  }
}
