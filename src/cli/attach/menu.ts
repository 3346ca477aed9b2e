import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import { execute } from '../../project/execute/index.ts';
import { observeContainers } from '../../project/observe.ts';
import { planRestart } from '../../project/plan-lifecycle/restart.ts';
import { isTruthy } from '../arguments/environment.ts';
import type { CliContext } from '../context.ts';
import { rebuild } from '../watch/rebuild.ts';
import type { WatchSession } from '../watch/session/session.ts';
import { createExec } from './exec-session.ts';
import type { LogGate } from './log-gate.ts';
import { keysOf, type MenuAction, MenuKeys } from './menu-keys.ts';

interface MenuInput {
  readonly client: EngineClient;
  readonly project: Project;
  readonly gate: LogGate;
  /** The session that watches files, if there is one. */
  readonly watch: () => WatchSession | undefined;
  /** Starts watching. @throws TcomposeError when there is nothing to watch */
  readonly beginWatch: () => Promise<void>;
  /** Ends the command and leaves the services running. */
  readonly detach: () => void;
}

const help = [
  'h help    r restart a service    b rebuild a service',
  'x shell in a service    s show one service    a show all',
  'f show lines with a text    Enter a blank line',
  'w watch files, or not    d detach    q quit (as Ctrl+C)',
];

/** Whether the menu is wanted and possible: it needs the terminal for itself. `asked`: the value of `--menu`, if given. */
export function menuWanted(ctx: CliContext, asked: boolean | undefined): boolean {
  const { stdin, stdout, env, globals } = ctx;
  if (asked === false || globals.progress === 'json' || globals.progress === 'quiet') return false;
  if (asked === undefined && env.COMPOSE_MENU !== undefined && !isTruthy(env.COMPOSE_MENU)) return false;
  return stdin.isTTY === true && stdout.isTTY === true;
}

/** Takes keys from the terminal until it is closed, which restores the terminal; so does every end of the process. */
export class Menu {
  readonly #ctx: CliContext;
  readonly #input: MenuInput;
  readonly #keys: MenuKeys;
  readonly #services: readonly string[];
  #raw = false;
  #inShell = false;

  constructor(ctx: CliContext, input: MenuInput) {
    this.#ctx = ctx;
    this.#input = input;
    this.#services = Object.keys(input.project.services);
    this.#keys = new MenuKeys(this.#services);
    process.on('SIGCONT', this.#enter);
    process.on('exit', this.#leave);
    ctx.stdin.on('data', this.#read);
    this.#enter();
    this.#say('press h for the keys');
  }

  /** Idempotent. */
  close(): void {
    process.off('SIGCONT', this.#enter);
    process.off('exit', this.#leave);
    this.#ctx.stdin.off('data', this.#read);
    this.#leave();
    this.#ctx.stdin.pause();
    this.#ctx.stdin.unref?.();
  }

  readonly #enter = (): void => {
    if (this.#inShell) return;
    this.#ctx.stdin.ref?.();
    this.#ctx.stdin.setRawMode(true);
    this.#ctx.stdin.resume();
    this.#raw = true;
  };

  readonly #leave = (): void => {
    if (this.#raw) this.#ctx.stdin.setRawMode(false);
    this.#raw = false;
  };

  readonly #read = (bytes: Buffer): void => {
    if (this.#inShell) return;
    for (const action of this.#keys.read(bytes.toString('utf8')))
      void this.#act(action).catch((error: unknown) => {
        const shown = error instanceof TcomposeError ? error : new TcomposeError('INTERNAL', String(error));
        this.#input.gate.emit({ type: 'error', error: shown });
      });
  };

  #say(message: string): void {
    this.#input.gate.emit({ type: 'watch', phase: 'menu', message });
  }

  async #act(action: MenuAction): Promise<void> {
    const { detach } = this.#input;
    switch (action.kind) {
      case 'watch':
        return this.#toggleWatch();
      case 'restart':
        return this.#restart(action.service);
      case 'rebuild':
        return this.#rebuild(action.service);
      case 'shell':
        return this.#shell(action.service);
      case 'detach':
        detach();
        return;
      case 'suspend':
        this.#leave();
        process.kill(0, 'SIGTSTP');
        return;
      case 'quit':
      case 'interrupt':
        process.kill(process.pid, 'SIGINT');
        return;
      default:
        this.#view(action);
    }
  }

  /** Actions that change only what is shown. */
  #view(action: MenuAction): void {
    const { gate } = this.#input;
    switch (action.kind) {
      case 'help':
        for (const line of help) this.#say(line);
        return;
      case 'choose': {
        const keys = keysOf(this.#services).map(([key, name]) => `${key} ${name}`);
        this.#say(`${action.what}: ${keys.join('  ')}`);
        return;
      }
      case 'type':
        this.#say('show lines with: (type, then Enter)');
        return;
      case 'filter':
        gate.filter(action.text);
        this.#say(action.text === '' ? 'all lines' : `lines with “${action.text}”`);
        return;
      case 'solo':
        gate.solo(action.service);
        this.#say(`${action.service} alone; a shows all`);
        return;
      case 'all':
        gate.solo(undefined);
        gate.filter('');
        this.#say('all services, all lines');
        return;
      case 'blank':
        this.#ctx.stdout.write('\n');
        return;
      default:
        this.#say('nothing chosen');
    }
  }

  async #toggleWatch(): Promise<void> {
    const watch = this.#input.watch();
    if (watch === undefined) {
      await this.#input.beginWatch();
      return;
    }
    watch.pause(watch.watching);
    this.#say(watch.watching ? 'changes are acted on again' : 'changes wait');
  }

  async #rebuild(service: string): Promise<void> {
    const { client, project, gate } = this.#input;
    const watch = this.#input.watch();
    if (project.services[service]?.build === undefined) {
      this.#say(`${service} has no build`);
      return;
    }
    await rebuild(this.#ctx, {
      client,
      project,
      names: new Set([service]),
      emit: gate.emit,
      ...(watch === undefined ? {} : { beforeStart: watch.beforeStart }),
    });
    this.#say(`${service} is rebuilt`);
  }

  async #restart(service: string): Promise<void> {
    const { client, project, gate } = this.#input;
    const all = (await observeContainers(client, project.name)).filter(({ oneoff }) => !oneoff);
    const containers = all.filter((one) => one.service === service);
    const plan = planRestart({ project, containers, all, timeout: undefined }, { conditions: false });
    await execute(plan, {
      client,
      project: project.name,
      emit: gate.emit,
      now: this.#ctx.now,
      signal: new AbortController().signal,
      parallel: this.#ctx.globals.parallel,
    });
  }

  /** Meanwhile the terminal belongs to the shell; output of services is shown afterwards. */
  async #shell(service: string): Promise<void> {
    const { client, project, gate } = this.#input;
    const containers = await observeContainers(client, project.name);
    const container = containers.find(
      (one) => one.service === service && one.state === 'running' && !one.oneoff,
    );
    if (container === undefined) {
      this.#say(`${service} does not run`);
      return;
    }
    const { rows = 24, columns = 80 } = this.#ctx.stdout;
    const run = await createExec(this.#ctx, client, container.id, {
      words: ['sh'],
      tty: true,
      stdin: true,
      detach: false,
      privileged: false,
      environment: [],
      user: undefined,
      workdir: undefined,
      consoleSize: [rows, columns],
    });
    this.#say(`a shell in ${container.name}; it ends with exit`);
    gate.hold();
    this.#inShell = true;
    // Input typed before the shell reads is kept for it.
    this.#ctx.stdin.pause();
    try {
      await run();
    } finally {
      this.#inShell = false;
      this.#enter();
      gate.release();
    }
  }
}
