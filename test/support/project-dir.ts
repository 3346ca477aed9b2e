import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { endEngine, tcomposeIn } from './cli.ts';
import { plainEnvironment } from './environment.ts';
import { enterOwnNetwork } from './own-network.ts';

/** A directory with compose projects, an engine root and a network of its own. */
export interface Workbench {
  readonly dir: string;
  readonly env: Record<string, string>;
  /** Runs the built CLI in the directory and waits for it. */
  readonly run: ReturnType<typeof tcomposeIn>;
  write(file: string, text: string): void;
  /** Starts the CLI and leaves it running; `output` grows, `until` waits for a text in it. */
  begin(...args: string[]): Running;
  /** Takes the named projects down, ends the engine, removes the directory. */
  close(...projects: string[]): void;
}

export interface Running {
  readonly child: ChildProcess;
  output(): string;
  until(text: string | RegExp, limitMs?: number): Promise<void>;
  readonly exit: Promise<number | null>;
}

export function workbench(): Workbench {
  enterOwnNetwork();
  const dir = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  const env = { TCOMPOSE_ROOT: join(dir, 'root') };
  const run = tcomposeIn(dir, env);
  return {
    dir,
    env,
    run,
    write(file, text) {
      mkdirSync(dirname(join(dir, file)), { recursive: true });
      writeFileSync(join(dir, file), text);
    },
    begin(...args) {
      const child = spawn(process.execPath, [resolve('dist/tcompose.cjs'), ...args], {
        cwd: dir,
        env: { ...plainEnvironment(), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      const waiting = new Set<() => void>();
      const grow = (part: Buffer) => {
        text += part;
        for (const look of waiting) look();
      };
      child.stdout.on('data', grow);
      child.stderr.on('data', grow);
      return {
        child,
        output: () => text,
        exit: new Promise((done) => child.once('close', (code) => done(code))),
        until: (wanted, limitMs = 180_000) =>
          new Promise((done, fail) => {
            const timer = setTimeout(() => fail(new Error(`no ${wanted} in:\n${text}`)), limitMs);
            const look = () => {
              if (typeof wanted === 'string' ? !text.includes(wanted) : !wanted.test(text)) return;
              clearTimeout(timer);
              waiting.delete(look);
              done();
            };
            waiting.add(look);
            look();
          }),
      };
    },
    close(...projects) {
      for (const project of projects) run('-p', project, 'down', '-v', '-t', '0', '--remove-orphans');
      run(...endEngine);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
