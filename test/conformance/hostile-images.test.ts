import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { startTestEngine, type TestEngine } from '../support/engine.ts';
import { pullInsteadOfLoad } from '../support/pull-instead-of-load.ts';

const material = new URL('../../../shared/conformance/images', import.meta.url).pathname;
const unmet = existsSync(join(material, 'make-hostile.mjs'))
  ? requirements({ root: true, commands: ['mount'] })
  : `${material} is not there`;
/** Descriptors with a wrong size: nobody else looks, here they are refused. */
const refusedHere = ['dig-size-large', 'dig-size-small'];

/** How many cases there were, if each came out as it should; `refused`: those that are errors here alone. */
function allAsExpected(output: string, refused: readonly string[] = []): number {
  const found = output.split('\n').flatMap((line) => {
    const [, name, outcome] = /^DIFF +([\w-]+): (\w+)/.exec(line) ?? [];
    return line.includes('ESCAPED') ? [line] : name === undefined ? [] : [`${name} ${outcome}`];
  });
  expect(found.sort()).toEqual(refused.map((name) => `${name} error`));
  const [, same, all] = /(\d+) of (\d+) as expected/.exec(output) ?? [];
  expect(Number(same)).toBe(Number(all) - refused.length);
  return Number(all);
}

if (unmet !== undefined) console.log(`hostile images: skipped, ${unmet}`);

describe.skipIf(unmet !== undefined)(
  `hostile images${unmet === undefined ? '' : ` (skipped: ${unmet})`}`,
  () => {
    let engine: TestEngine;
    let cases: string;
    /** Most memory an engine may have, MiB: 200, and what a newer Node takes for itself beyond the 60 that Node 20 does. */
    let most = 200;
    /** Most memory the engine has had so far, MiB. */
    const peak = async (): Promise<number> => {
      const status = readFileSync(`/proc/${await engine.enginePid()}/status`, 'utf8');
      return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1024;
    };
    beforeAll(async () => {
      engine = await startTestEngine();
      most = 200 + Math.max(0, (await peak()) - 60);
      cases = mkdtempSync('/var/tmp/tcompose-hostile-');
      const made = spawnSync(process.execPath, [join(material, 'make-hostile.mjs'), cases], {
        encoding: 'utf8',
      });
      expect(made.stderr).toBe('');
    });
    afterAll(async () => {
      rmSync(cases, { recursive: true, force: true });
      expect(await engine.stop()).toEqual([]);
    });

    /** Runs the material's own check, which compares with what docker makes of each. */
    async function check(socket = engine.socket, ...more: string[]): Promise<string> {
      const child = spawn(process.execPath, [
        join(material, 'check-hostile.mjs'),
        cases,
        ...['--socket', socket, ...more],
      ]);
      let output = '';
      child.stdout.on('data', (text) => {
        output += text;
      });
      await new Promise((resolve) => child.once('close', resolve));
      return output;
    }

    it('come in, or are refused, as with docker, and reach nothing outside', async () => {
      expect(allAsExpected(await check())).toBeGreaterThanOrEqual(225);
    }, 600_000);

    it('take little memory, whatever they would become', async () => {
      expect(await peak()).toBeLessThan(most);
    });

    it('do so as OCI layouts', async () => {
      expect(allAsExpected(await check(engine.socket, '--form', 'oci'), refusedHere)).toBeGreaterThanOrEqual(
        200,
      );
    }, 600_000);

    it('do so when they are pulled', async () => {
      const socket = join(cases, 'pulled.sock');
      const proxy = await pullInsteadOfLoad(engine.socket, socket);
      try {
        const all = allAsExpected(await check(socket, '--form', 'oci'), refusedHere);
        expect(proxy.pulls()).toBe(all);
        expect(all).toBeGreaterThanOrEqual(200);
      } finally {
        proxy.close();
      }
    }, 600_000);

    it('are refused by import where load refuses them as layers', async () => {
      const refused = [
        'end-cut-data',
        'hdr-sum-bad',
        'name-dotdot',
        'sparse-bomb-1t',
        'gz-truncated',
        'link-hard-abs',
      ];
      for (const name of refused) {
        const status = await new Promise<number>((resolve, reject) => {
          const sent = request(
            { socketPath: engine.socket, method: 'POST', path: '/images/create?fromSrc=-' },
            (answer) => {
              answer.resume();
              answer.on('end', () => resolve(answer.statusCode!));
            },
          );
          sent.on('error', reject);
          createReadStream(join(cases, name, 'layer0.blob')).pipe(sent);
        });
        expect([name, status]).toEqual([name, 400]);
      }
    });
  },
);
