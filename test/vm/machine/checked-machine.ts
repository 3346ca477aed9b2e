import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../../support/cli.ts';
import type { Setting } from '../guest/checks.ts';
import { type Architecture, isOwn } from './architecture.ts';
import { accelerator, bootMachine } from './boot.ts';
import { findKernel } from './kernel.ts';
import type { Parts } from './root-tree.ts';
import type { System } from './system.ts';
import { findUserland } from './userland.ts';

/** Emulation is some thirty times slower than the processor: all of it takes two to five minutes then. */
const limit = 1_140_000;

/** Those of the settings that are to be gone through, all by default: a slow machine takes them in parts. */
const wanted = process.env.TCOMPOSE_VM_SETTINGS ?? '';

/** A machine, and what is looked at in it. */
export interface CheckedMachine {
  readonly title: string;
  readonly architecture: Architecture;
  /** What it runs, or why that is not to be had, as a sentence. */
  readonly system: () => System | string;
  /** Source of the program that goes through the settings inside. */
  readonly entry: string;
  readonly settings: readonly Setting[];
}

/** Declares one test for each check that a booted machine runs, or skips them and says why. */
export function describeMachine(machine: CheckedMachine): void {
  const { architecture } = machine;
  const parts = findParts(machine);
  const reason = typeof parts === 'string' ? parts : undefined;
  if (reason !== undefined) console.warn(`${machine.title} skipped: ${reason}`);
  const title = `${machine.title}${reason ? ` (skipped: ${reason})` : ''}`;
  const chosen = machine.settings.filter(({ situation }) => new RegExp(wanted).test(situation.name));

  describe.skipIf(reason !== undefined)(title, () => {
    const results = new Map<string, { ok: boolean; detail: string }>();
    const consoleLines: string[] = [];

    beforeAll(async () => {
      if (typeof parts === 'string') return;
      console.info(`booting ${parts.kernel.release} with ${accelerator(architecture)}`);
      const bundle = await build({
        entryPoints: [machine.entry],
        bundle: true,
        platform: 'node',
        format: 'esm',
        target: 'node20',
        define: { VM_SETTINGS: JSON.stringify(wanted) },
        write: false,
      });
      await bootMachine(parts, bundle.outputFiles[0]!.text, {
        limit,
        onLine: (line) => {
          consoleLines.push(line);
          if (process.env.TCOMPOSE_VM_CONSOLE) console.info(line);
          const said = /@@ (\{.*\})$/.exec(line)?.[1];
          if (said === undefined) return;
          const { setting, check, ok, detail } = JSON.parse(said);
          results.set(`${setting}: ${check}`, { ok, detail });
        },
      });
    }, limit + 50_000);

    for (const { situation, checks } of chosen) {
      describe(situation.name, () => {
        for (const { name } of checks) {
          it(name, () => {
            const result = results.get(`${situation.name}: ${name}`);
            const detail =
              result?.detail ?? `not reached; the console said:\n${consoleLines.slice(-40).join('\n')}`;
            expect(detail).toBe('');
          });
        }
      });
    }
  });
}

function findParts({ architecture, system: findSystem }: CheckedMachine): Parts | string {
  const shared = ['mke2fs', 'busybox', 'apt-get', 'dpkg-deb'];
  const own = isOwn(architecture) ? ['nft', 'ldd', 'crun', 'runc'] : ['npm', 'tar'];
  const unmet = requirements({ built: true, commands: [architecture.qemu, ...shared, ...own] });
  if (unmet !== undefined) return unmet;
  if (!existsSync(`dist/native/tcompose-shim-${architecture.node}`)) {
    try {
      execFileSync('node', ['scripts/build.mjs', '--all-architectures'], { stdio: 'pipe' });
    } catch (error) {
      return `the C binary for ${architecture.node} can't be built: ${(error as { stderr?: Buffer }).stderr}`;
    }
  }
  const kernel = findKernel(architecture);
  if (typeof kernel === 'string') return kernel;
  const userland = findUserland(architecture);
  if (typeof userland === 'string') return userland;
  const system = findSystem();
  return typeof system === 'string' ? system : { architecture, kernel, userland, system };
}
