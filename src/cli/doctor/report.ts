import { release } from 'node:os';
import type { Finding } from '../../doctor/finding.ts';
import type { Ground } from '../../doctor/ground.ts';

const colors = { ok: '32', limited: '33', missing: '31;1' } as const;
const levels = ['missing', 'limited', 'ok'] as const;

/**
 * The report for people: one line for each finding, followed by the command that fixes it. Pure except for the kernel's
 * name.
 */
export function reportText(
  findings: readonly Finding[],
  ground: Ground,
  style: { readonly color: boolean; readonly quiet: boolean },
): string {
  const paint = (code: string, text: string) => (style.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const shown = style.quiet ? findings.filter(({ level }) => level !== 'ok') : findings;
  const lines = shown.flatMap(({ topic, level, message, fix }) => [
    `${paint(colors[level], level.padEnd(8))} ${topic.padEnd(11)} ${message}`,
    ...(fix === undefined ? [] : [`${' '.repeat(21)}fix: ${fix}`]),
  ]);
  const counts = levels.map((level) => `${findings.filter((one) => one.level === level).length} ${level}`);
  const head = style.quiet ? [] : [`Linux ${release()}, as ${ground.user} (uid ${ground.uid})`, ''];
  const foot = style.quiet ? [] : ['', counts.join(', ')];
  return [...head, ...lines, ...foot].map((line) => `${line}\n`).join('');
}

/** The report for programs. Pure. */
export function reportJson(findings: readonly Finding[], { uid, user }: Ground): string {
  const ok = findings.every(({ level }) => level !== 'missing');
  return `${JSON.stringify({ ok, uid, user, findings })}\n`;
}
