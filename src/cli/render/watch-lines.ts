import type { WatchEvent, WatchedRule } from '../../events.ts';
import { visibleLine } from '../../visible.ts';

/** Most rules to list when watching begins. */
const rulesTold = 20;

/** One line about something that `watch` did, including its newline. */
export function watchLine(event: WatchEvent, color: boolean): string {
  if (event.phase === 'begun' && buildsOf(event).length === 0) return '';
  const word = event.phase === 'menu' ? 'menu ' : 'watch';
  const mark = paint(event.phase === 'failed' ? '31' : '36', word, color);
  return `${mark}  ${textOf(event)}\n`;
}

function textOf(event: WatchEvent): string {
  switch (event.phase) {
    case 'ready': {
      const polled = event.polled === 0 ? '' : `, ${event.polled} of them at intervals`;
      const number = event.directories;
      const directories =
        number === 0 ? '' : ` (${number} ${number === 1 ? 'directory' : 'directories'}${polled})`;
      const rules = event.rules.slice(0, rulesTold).map((rule) => `\n       ${visibleLine(ruleText(rule))}`);
      if (event.rules.length > rulesTold) rules.push(`\n       and ${event.rules.length - rulesTold} more`);
      const head = `waiting for changes: ${event.services.join(', ')}${directories}`;
      return `${visibleLine(head)}${rules.join('')}`;
    }
    case 'begun':
      return visibleLine(`${pathsText(event)}: ${buildsOf(event).map(bySelf).join(', ')}`);
    case 'applied': {
      const services = event.services.map(({ service, did }) => {
        const by = event.rules.filter((rule) => rule.service === service);
        const rules = by.map(({ action, path }) => `${action} ${path}`).join(', ');
        return `${service} ${did.join(', ')}${rules === '' ? '' : ` (${rules})`}`;
      });
      return visibleLine(`${pathsText(event)} → ${services.join('; ')}  ${timeText(event.milliseconds)}`);
    }
    case 'failed': {
      const hint = event.hint === undefined ? '' : `\n       ${event.hint}`;
      return `${visibleLine(`${event.service}: ${event.action} failed: ${event.message}`)}${hint}`;
    }
    case 'configuration': {
      const head = `${event.paths.join(', ')} changed`;
      if (event.steps.length === 0) return visibleLine(`${head}: the containers are as it says`);
      const steps = event.steps.map(({ step, cause }) => `\n       ${visibleLine(`${step}: ${cause}`)}`);
      return `${visibleLine(`${head}:${event.applying ? '' : ' not applied yet'}`)}${steps.join('')}`;
    }
    case 'menu':
    case 'note':
      return visibleLine(event.message);
  }
}

const pathsText = ({ paths, count }: { readonly paths: readonly string[]; readonly count: number }): string =>
  `${paths[0] ?? ''}${count > 1 ? ` and ${count - 1} more` : ''}`;

const ruleText = ({ service, action, path, target }: WatchedRule): string =>
  `${service}: ${action} ${path}${target === undefined ? '' : ` → ${target}`}`;

/** Actions that take long, so that their beginning is shown. */
const buildsOf = ({ rules }: { readonly rules: readonly WatchedRule[] }): readonly WatchedRule[] =>
  rules.filter(({ action }) => action === 'rebuild');

const bySelf = ({ service, action, path }: WatchedRule): string => `${service} ${action} (${path})`;

const timeText = (milliseconds: number): string =>
  milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

const paint = (code: string, text: string, color: boolean): string =>
  color ? `\u001b[${code}m${text}\u001b[0m` : text;
