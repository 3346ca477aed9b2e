import { examine } from '../../doctor/examine.ts';
import { type Finding, topics } from '../../doctor/finding.ts';
import { topicsFor } from '../../doctor/smells.ts';
import { engineCodeOf } from '../../engine/client/api-failure.ts';
import type { ErrorCode } from '../../error-codes.ts';
import { TcomposeError, TcomposeErrors } from '../../errors.ts';
import { visible } from '../../visible.ts';
import type { Env } from '../context.ts';
import { gather } from './gather.ts';
import { within } from './machine.ts';

/** Milliseconds that an error waits for the doctor, and most findings to print after it. */
const patience = 3000;
const most = 3;

/**
 * Faults of this machine that may be behind an error: lines in the form of hints, '' when the error is of another kind
 * or everything it may come from is in order. Never fails: the error itself matters more.
 */
export async function diagnose(error: unknown, env: Env): Promise<string> {
  const wanted = topicsFor(codesOf(error));
  if (wanted.length === 0) return '';
  try {
    const facts = await within(
      gather(
        topics.filter((topic) => wanted.includes(topic)),
        env,
      ),
      patience,
      undefined,
    );
    return facts === undefined ? '' : hints(examine(facts), saidIn(error));
  } catch {
    return '';
  }
}

/** The codes of an error, of its causes, and of an engine's answer. Pure. */
export function codesOf(error: unknown): readonly ErrorCode[] {
  if (error instanceof TcomposeErrors) return error.errors.flatMap(codesOf);
  const codes: ErrorCode[] = [];
  let at: unknown = error;
  for (let depth = 0; at instanceof Error && depth < 8; depth++, at = at.cause) {
    if (at instanceof TcomposeError) codes.push(at.code);
    const answered = engineCodeOf(at);
    if (answered !== undefined) codes.push(answered);
  }
  return codes;
}

function saidIn(error: unknown): string {
  if (error instanceof TcomposeErrors) return error.errors.map(saidIn).join('\n');
  return error instanceof TcomposeError ? `${error.message}\n${error.hint ?? ''}` : '';
}

/** What is missing, except for what the error has said already. Pure. */
export function hints(findings: readonly Finding[], said: string): string {
  return findings
    .filter(({ level, message, fix }) => {
      if (level !== 'missing') return false;
      return !said.includes(message) && (fix === undefined || !said.includes(fix));
    })
    .slice(0, most)
    .map(
      ({ message, fix }) =>
        `doctor: ${visible(message)}\n${fix === undefined ? '' : `   fix: ${visible(fix)}\n`}`,
    )
    .join('');
}
