import { afterAll, describe, expect, it } from 'vitest';
import { makeSandbox, spawnShim, untilState, whyNoContainers } from '../../support/shim.ts';

const reason = whyNoContainers();
if (reason !== undefined) console.log(`skipped: ${reason}`);

describe.skipIf(reason !== undefined)('a terminal', () => {
  const box = makeSandbox();
  afterAll(() => box.close());

  for (const init of [false, true])
    it(`controls its session, ${init ? 'behind an init' : 'as the first process'}`, async () => {
      const script =
        'trap "echo size $(stty size)" WINCH; trap "stty size; echo interrupted; exit 7" INT; echo ready; while :; do sleep 0.05; done';
      const plan = box.plan(`session-${init}`, ['sh', '-c', script], {
        waitForStart: true,
        process: { init },
        stdio: { tty: true, rows: 10, columns: 20, stdin: true },
      });
      const shim = await spawnShim(plan);
      await untilState(shim, 'created');
      const client = await shim.attach({ stdin: true, stdout: true, stderr: true });
      let output = '';
      client.onOutput((_, bytes) => {
        output += bytes.toString();
      });
      await shim.start();
      await expect.poll(() => output, { timeout: 90_000 }).toContain('ready\r\n');
      await shim.resize(33, 44);
      await expect.poll(() => output, { timeout: 90_000 }).toContain('size ');
      await client.write(Buffer.from('\x03'));
      expect(await client.ended).toBe('eof');
      expect(output).toContain('33 44\r\ninterrupted\r\n');
      expect(await untilState(shim, 'exited')).toMatchObject({ code: 7 });
      await expect(shim.resize(1, 1)).rejects.toMatchObject({ code: 'RUNTIME_SHIM' });
      await shim.reap();
    });
});
