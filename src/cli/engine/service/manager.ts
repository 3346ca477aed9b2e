import { TcomposeError } from '../../../errors.ts';
import type { Ended, Surroundings } from './surroundings.ts';

interface ManagerWords {
  readonly verb: string;
  readonly instead: string;
}

/** systemd: the machine's for root, the user's own for everybody else. */
export interface Manager {
  /** @throws TcomposeError ENGINE_SERVICE when systemctl refuses */
  call(...words: readonly string[]): void;
  try(...words: readonly string[]): Ended;
}

/**
 * `words.verb`: what can't be done without systemd; `words.instead`: what can be done.
 * @throws TcomposeError ENGINE_SERVICE where systemd is not running
 */
export function reachManager(surroundings: Surroundings, words: ManagerWords): Manager {
  const scope = surroundings.uid === 0 ? [] : ['--user'];
  const ask = (...args: readonly string[]) => surroundings.run('systemctl', ...scope, ...args);
  const there = ask('show', '--property=Version');
  if (!there.ok || !there.stdout.includes('Version=')) throw noManager(surroundings, there.why, words);
  return {
    try: ask,
    call(...args) {
      const done = ask(...args);
      if (!done.ok)
        throw new TcomposeError(
          'ENGINE_SERVICE',
          `systemctl ${[...scope, ...args].join(' ')} failed: ${done.why}`,
        );
    },
  };
}

function noManager(surroundings: Surroundings, why: string, { verb, instead }: ManagerWords): TcomposeError {
  const { uid, exists } = surroundings;
  if (uid !== 0 && exists('/run/systemd/system')) {
    return new TcomposeError(
      'ENGINE_SERVICE',
      `no service can be ${verb}: your own systemd does not answer (${why})`,
      {
        hint: `It runs in a login session. From su or sudo: export XDG_RUNTIME_DIR=/run/user/${uid}; if that is not there: sudo loginctl enable-linger ${surroundings.user}`,
      },
    );
  }
  return new TcomposeError(
    'ENGINE_SERVICE',
    `no service can be ${verb}: systemd does not run on this machine`,
    {
      hint: instead,
    },
  );
}

/** The command with which another service manager can start the engine at boot. */
export function bootCommand({ uid, exists, program, env }: Surroundings): string {
  const root = env.TCOMPOSE_ROOT ? `TCOMPOSE_ROOT=${shellWord(env.TCOMPOSE_ROOT)} ` : '';
  const command = `${root}${[...program, 'engine', 'run', '--join'].map(shellWord).join(' ')}`;
  if (uid === 0 && exists('/sbin/openrc-run')) {
    const file = '/etc/local.d/tcompose.start';
    return `printf '#!/bin/sh\\n%s &\\n' ${shellWord(command)} > ${file} && chmod +x ${file} && rc-update add local default`;
  }
  return `(crontab -l 2> /dev/null; echo ${shellWord(`@reboot ${command}`)}) | crontab -`;
}

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
