import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { settings } from './guest/checks.ts';
import { accelerator, bootMachine } from './machine/boot.ts';
import { cacheDirectory, findKernel, type Kernel } from './machine/kernel.ts';

/** Emulation is some thirty times slower than the processor; all of it takes about two minutes then. */
const limit = 540_000;

const unmet =
  process.arch === 'x64'
    ? requirements({
        built: true,
        commands: ['qemu-system-x86_64', 'mke2fs', 'busybox', 'nft', 'ldd', 'apt-get', 'dpkg-deb'],
      })
    : 'the machine is made for x64';
const kernel: Kernel | string = unmet ?? findKernel(cacheDirectory());
const reason = typeof kernel === 'string' ? kernel : undefined;
if (reason !== undefined) console.warn(`test/vm skipped: ${reason}`);

describe.skipIf(reason !== undefined)(`pure cgroup v2${reason ? ` (skipped: ${reason})` : ''}`, () => {
  const results = new Map<string, { ok: boolean; detail: string }>();
  const consoleLines: string[] = [];

  beforeAll(async () => {
    if (typeof kernel === 'string') return;
    console.info(`booting ${kernel.release} with ${accelerator()}`);
    const bundle = await build({
      entryPoints: ['test/vm/guest/main.ts'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      write: false,
    });
    await bootMachine(kernel, bundle.outputFiles[0]!.text, {
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

  for (const { situation, checks } of settings) {
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
