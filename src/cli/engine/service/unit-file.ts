import { createHash } from 'node:crypto';

/** What a unit contains about this installation and this user. */
export interface UnitSettings {
  /** `system`: root's, started by the machine. `user`: started by a user's own systemd. */
  readonly scope: 'system' | 'user';
  /** Node, and the CLI's bundle; absolute. */
  readonly program: readonly string[];
  /** Variables with which the engine finds its directories, if they are not the default ones. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether lingering was enabled for this service. */
  readonly lingering: boolean;
  /** False for a unit that is about to be removed: stopping it then leaves the containers alone. */
  readonly stopsContainers: boolean;
}

/** First line of all our units: files without it are not touched. */
export const unitMark = '# Made by `tcompose engine install`; `tcompose engine uninstall` removes it.';

const lingeringMark = '# Lingering was switched on with it.';

/** Seconds that containers have to stop; a longer stop_grace_period is cut short, as by every service manager. */
const stopSeconds = 120;

/** Name of the unit for an engine root; each root has its own. */
export function unitName(root: string | undefined): string {
  if (root === undefined) return 'tcompose.service';
  return `tcompose-${createHash('sha256').update(root).digest('hex').slice(0, 8)}.service`;
}

/**
 * Text of the unit (systemd.service(5)). The engine's processes and containers have their own control groups, so that
 * systemd only ends the command in the foreground; before that it has the containers stopped. Pure.
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

/** Whether a unit's text says that lingering was enabled for it. */
export const cameWithLingering = (text: string): boolean => text.split('\n').includes(lingeringMark);

/**
 * A word in systemd's syntax (systemd.syntax(7)): specifiers and, in command lines, variables are doubled, other
 * special characters are quoted.
 */
function unitWord(word: string, isCommand = true): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', isCommand ? '$$$$' : '$');
  return /^[\w@%+=:,./$-]+$/.test(plain)
    ? plain
    : `"${plain.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
