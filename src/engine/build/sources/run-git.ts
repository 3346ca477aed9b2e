import { TcomposeError } from '../../../errors.ts';
import { notInstalled, spawnTied } from './spawn-tied.ts';

/** Most bytes of git's messages that are kept. */
const longest = 256 * 1024;

export interface GitSurroundings {
  /** An empty directory of this fetch, so that git reads nobody's configuration. */
  readonly home: string;
  /** Path of an ssh agent's socket. */
  readonly agent: string | undefined;
  /** File with the keys of known hosts; a host's first key is trusted. */
  readonly knownHosts: string;
  /** Value of a header with a credential, for web servers. */
  readonly authorization: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Settings of git that keep a repository from doing harm: by the programs of its hooks and filters, or by protocols
 * that run programs or read files of this machine. They are passed in the environment, so that the process list does
 * not show credentials.
 */
function settings(authorization: string | undefined): readonly (readonly [string, string])[] {
  return [
    ['core.hooksPath', '/dev/null'],
    ['core.fsmonitor', 'false'],
    ['core.sshCommand', ''],
    ['credential.helper', ''],
    ['init.defaultBranch', 'main'],
    ['init.templateDir', ''],
    ['protocol.allow', 'never'],
    ...['http', 'https', 'ssh', 'git'].map((name) => [`protocol.${name}.allow`, 'always'] as const),
    ['advice.detachedHead', 'false'],
    ['gc.auto', '0'],
    ['safe.directory', '*'],
    ...(authorization === undefined
      ? []
      : [['http.extraHeader', `Authorization: ${authorization}`] as const]),
  ];
}

function environment({ home, agent, knownHosts, authorization }: GitSurroundings): NodeJS.ProcessEnv {
  const all = settings(authorization).filter(([name]) => name !== 'core.sshCommand');
  const ssh = `ssh -F /dev/null -o BatchMode=yes -o ControlMaster=no -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile='${knownHosts.replaceAll("'", `'\\''`)}'`;
  return {
    PATH: process.env.PATH,
    ...Object.fromEntries(
      [
        'http_proxy',
        'https_proxy',
        'no_proxy',
        'HTTP_PROXY',
        'HTTPS_PROXY',
        'NO_PROXY',
        'SSL_CERT_FILE',
      ].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    HOME: home,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'false',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_SSH_COMMAND: ssh,
    ...(agent === undefined ? {} : { SSH_AUTH_SOCK: agent }),
    GIT_CONFIG_COUNT: String(all.length),
    ...Object.fromEntries(
      all.flatMap(([name, value], at) => [
        [`GIT_CONFIG_KEY_${at}`, name],
        [`GIT_CONFIG_VALUE_${at}`, value],
      ]),
    ),
  };
}

export interface GitEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs git without any interaction. @throws TcomposeError BUILD_STEP when there is no git or the build was given up */
export function runGit(args: readonly string[], cwd: string, around: GitSurroundings): Promise<GitEnd> {
  return new Promise((resolve, reject) => {
    const { child, end } = spawnTied('git', args, cwd, environment(around));
    const giveUp = (): void => {
      end();
      reject(new TcomposeError('BUILD_STEP', 'the build was interrupted'));
    };
    if (around.signal.aborted) giveUp();
    around.signal.addEventListener('abort', giveUp, { once: true });
    const said = { out: '', err: '' };
    child.stdout?.on('data', (part: Buffer) => {
      said.out = (said.out + part.toString('utf8')).slice(0, longest);
    });
    child.stderr?.on('data', (part: Buffer) => {
      said.err = (said.err + part.toString('utf8')).slice(-longest);
    });
    child.on('error', (cause) =>
      reject(new TcomposeError('BUILD_STEP', `git cannot be run: ${cause.message}`, { cause })),
    );
    child.on('close', (code) => {
      around.signal.removeEventListener('abort', giveUp);
      if (code === notInstalled)
        reject(
          new TcomposeError('BUILD_STEP', 'git is not installed', {
            hint: 'Install git on the engine’s machine.',
          }),
        );
      else resolve({ code, ...said });
    });
  });
}

/** Like runGit, for commands that must succeed. @throws TcomposeError BUILD_STEP with git's message */
export async function git(args: readonly string[], cwd: string, around: GitSurroundings): Promise<string> {
  const { code, out, err } = await runGit(args, cwd, around);
  if (code === 0) return out;
  const last = err.trim().split('\n').slice(-3).join('; ') || 'it said nothing';
  throw new TcomposeError('BUILD_STEP', `git ${args[0]} failed: ${last}`);
}
