import { join } from 'node:path';
import type { Env } from '../context.ts';

/** Where credentials are stored: a file, or a variable with such a file's text. */
export type AuthSource =
  | { readonly kind: 'variable'; readonly name: string; readonly text: string }
  | { readonly kind: 'file'; readonly path: string; readonly form: 'config' | 'dockercfg' };

/** Docker's own file, which login and logout change. */
export const dockerConfigFile = (env: Env, home: string): string =>
  join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json');

/**
 * The places to look in, in order: what the environment names, Docker's file, then those of podman and related tools
 * (containers-auth.json(5)), which are only read.
 * @param uid of the user, or undefined if there is none
 */
export function authSources(env: Env, home: string, uid: number | undefined): readonly AuthSource[] {
  const file = (path: string, form: 'config' | 'dockercfg' = 'config') =>
    ({ kind: 'file', path, form }) as const;
  const { DOCKER_AUTH_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME } = env;
  // Podman stores them in the first of these that exists; root may or may not have had a session.
  const runtime = [
    ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, 'containers')] : []),
    ...(uid === undefined || (uid !== 0 && XDG_RUNTIME_DIR) ? [] : [`/run/containers/${uid}`]),
  ];
  return [
    ...(DOCKER_AUTH_CONFIG
      ? [{ kind: 'variable', name: 'DOCKER_AUTH_CONFIG', text: DOCKER_AUTH_CONFIG } as const]
      : []),
    ...(REGISTRY_AUTH_FILE ? [file(REGISTRY_AUTH_FILE)] : []),
    file(dockerConfigFile(env, home)),
    ...runtime.map((directory) => file(join(directory, 'auth.json'))),
    file(join(XDG_CONFIG_HOME || join(home, '.config'), 'containers', 'auth.json')),
    file(join(home, '.dockercfg'), 'dockercfg'),
  ];
}

/** The source's name in messages. */
export const nameOfSource = (source: AuthSource): string =>
  source.kind === 'file' ? source.path : `$${source.name}`;
