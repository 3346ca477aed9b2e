import { createHash } from 'node:crypto';

/** What of this installation and this person goes into a unit. */
export interface UnitSettings {
  /** `system`: root's, started by the machine. `user`: started by a user's own systemd. */
  readonly scope: 'system' | 'user';
  /** Node, and the CLI's bundle; absolute. */
  readonly program: readonly string[];
  /** Variables by which the engine finds its directories, where they are not the usual ones. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether lingering was switched on for the sake of this service. */
  readonly lingering: boolean;
  /** False for a unit that is about to be removed: its end then leaves the containers alone. */
  readonly stopsContainers: boolean;
}

/** First line of every unit of ours: what lacks it is not touched. */
export const unitMark = '# Made by `tcompose engine install`; `tcompose engine uninstall` removes it.';

const lingeringMark = '# Lingering was switched on with it.';

/** Seconds for containers to end in; a longer stop_grace_period is cut short, as by every service manager. */
const stopSeconds = 120;

/** Name of the unit of an engine root; each root has its own. */
export function unitName(root: string | undefined): string {
  if (root === undefined) return 'tcompose.service';
  return `tcompose-${createHash('sha256').update(root).digest('hex').slice(0, 8)}.service`;
}

/**
 * Text of the unit (systemd.service(5)). The engine's processes and containers have control groups of their own, so only the command
 * in the foreground is systemd's to end; before that it has the containers stopped. Pure.
 */
export function unitText(settings: UnitSettings): string {
  const { scope, program, environment, lingering, stopsContainers } = settings;
  const command = (...words: readonly string[]) =>
    [...program, ...words].map((word) => unitWord(word)).join(' ');
  const network = ['Wants=network-online.target', 'After=network-online.target'];
  const stop = `ExecStop=${command('engine', 'stop', '--containers')}`;
  return [
    unitMark,
    ...(lingering ? [lingeringMark] : []),
    '',
    '[Unit]',
    'Description=tcompose engine: containers with a restart policy',
    ...(scope === 'system' ? network : []),
    '',
    '[Service]',
    'Type=exec',
    ...Object.entries(environment).map(
      ([name, value]) => `Environment=${unitWord(`${name}=${value}`, false)}`,
    ),
    `ExecStart=${command('engine', 'run', '--join')}`,
    ...(stopsContainers ? [stop] : []),
    'KillMode=process',
    'Delegate=yes',
    'Restart=on-failure',
    'RestartSec=2',
    `TimeoutStopSec=${stopSeconds}`,
    '',
    '[Install]',
    `WantedBy=${scope === 'system' ? 'multi-user.target' : 'default.target'}`,
    '',
  ].join('\n');
}

/** Whether a unit's text says that lingering came with it. */
export const cameWithLingering = (text: string): boolean => text.split('\n').includes(lingeringMark);

/**
 * A word as systemd reads it (systemd.syntax(7)): specifiers and, in command lines, variables are doubled, anything else of its own
 * is quoted.
 */
function unitWord(word: string, isCommand = true): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', isCommand ? '$$$$' : '$');
  return /^[\w@%+=:,./$-]+$/.test(plain)
    ? plain
    : `"${plain.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
