import type { WatchEvent } from '../../events.ts';
import { visibleLine } from '../../visible.ts';

/** One line about something that `watch` did; with its newline. */
export function watchLine(event: WatchEvent, color: boolean): string {
  const word = event.phase === 'menu' ? 'menu ' : 'watch';
  const mark = paint(event.phase === 'failed' ? '31' : '36', word, color);
  return `${mark}  ${textOf(event)}\n`;
}

function textOf(event: WatchEvent): string {
  switch (event.phase) {
    case 'ready': {
      const polled = event.polled === 0 ? '' : `, ${event.polled} of them in intervals`;
      const number = Math.max(event.directories, event.polled);
      const directories = `${number} ${number === 1 ? 'directory' : 'directories'}${polled}`;
      return visibleLine(`waiting for changes: ${event.services.join(', ')} (${directories})`);
    }
    case 'applied': {
      const more = event.count > 1 ? ` and ${event.count - 1} more` : '';
      const services = event.services.map(({ service, did }) => `${service} ${did.join(', ')}`);
      return visibleLine(
        `${event.paths[0] ?? ''}${more} → ${services.join('; ')}  ${timeText(event.milliseconds)}`,
      );
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

const timeText = (milliseconds: number): string =>
  milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

const paint = (code: string, text: string, color: boolean): string =>
  color ? `\u001b[${code}m${text}\u001b[0m` : text;
