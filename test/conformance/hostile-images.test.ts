import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { startTestEngine, type TestEngine } from '../support/engine.ts';

const material = new URL('../../../shared/conformance/images', import.meta.url).pathname;
const unmet = existsSync(join(material, 'make-hostile.mjs'))
  ? requirements({ root: true, commands: ['mount'] })
  : `${material} is not there`;
if (unmet !== undefined) console.log(`hostile images: skipped, ${unmet}`);

describe.skipIf(unmet !== undefined)(
  `hostile images${unmet === undefined ? '' : ` (skipped: ${unmet})`}`,
  () => {
    let engine: TestEngine;
    let cases: string;
    beforeAll(async () => {
      engine = await startTestEngine();
      cases = mkdtempSync('/var/tmp/tcompose-hostile-');
      const made = spawnSync(process.execPath, [join(material, 'make-hostile.mjs'), cases], {
        encoding: 'utf8',
      });
      expect(made.stderr).toBe('');
    }, 120_000);
    afterAll(async () => {
      rmSync(cases, { recursive: true, force: true });
      expect(await engine.stop()).toEqual([]);
    });

    /** Runs the material's own check, which compares with what docker makes of each. */
    async function check(): Promise<string> {
      const child = spawn(process.execPath, [
        join(material, 'check-hostile.mjs'),
        cases,
        '--socket',
        engine.socket,
      ]);
      let output = '';
      child.stdout.on('data', (text) => {
        output += text;
      });
      await new Promise((resolve) => child.once('close', resolve));
      return output;
    }

    it('come in, or are refused, as with docker, and reach nothing outside', async () => {
      const output = await check();
      const lines = output.split('\n');
      expect(lines.filter((line) => line.startsWith('DIFF') || line.includes('ESCAPED'))).toEqual([]);
      const [, same, all] = /(\d+) of (\d+) as expected/.exec(output) ?? [];
      expect(Number(all)).toBeGreaterThanOrEqual(225);
      expect(same).toBe(all);
    }, 600_000);

    it('take little memory, whatever they would become', async () => {
      const status = readFileSync(`/proc/${await engine.enginePid()}/status`, 'utf8');
      const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1024;
      expect(peak).toBeLessThan(400);
    });

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
