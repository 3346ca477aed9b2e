import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeLaunchPlan } from '../../../src/runtime/launch/plan-codec.ts';
import { connectShim } from '../../../src/runtime/shim/shim-client.ts';
import { makeSandbox, shimBinary, untilState, whyNoContainers } from '../../support/shim.ts';

const reason = whyNoContainers();
if (reason !== undefined) console.log(`skipped: ${reason}`);

/**
 * A little engine: connects to the keeper, then obeys commands that appear as files in its run directory, each answered
 * in `<command>.done`. Lines about itself go to `engines`.
 */
const engineSource = `
import { appendFileSync, existsSync, readFileSync, renameSync, unlinkSync, watch, writeFileSync } from 'node:fs';
import { connectKeeper } from '${new URL('../../../src/runtime/shim/keeper-client.ts', import.meta.url).pathname}';
const [, , , lib, , run] = process.argv;
const keeper = await connectKeeper();
keeper.onShimGone((shim) => appendFileSync(run + '/gone', shim.pid + ' ' + shim.status + '\\n'));
keeper.onKeeperGone(() => { appendFileSync(run + '/engines', 'keeper gone\\n'); process.exit(0); });
const obey = async () => {
  for (const name of ['spawn', 'list', 'serves', 'stop', 'crash', 'shutdown']) {
    const path = run + '/do-' + name;
    if (!existsSync(path)) continue;
    const text = readFileSync(path);
    unlinkSync(path);
    const answer = (value) => { writeFileSync(run + '/new', JSON.stringify(value)); renameSync(run + '/new', path + '.done'); };
    if (name === 'serves') { keeper.serves(); answer(true); }
    if (name === 'stop') process.exit(0);
    if (name === 'crash') process.exit(9);
    if (name === 'shutdown') { keeper.shutdown(); setTimeout(() => process.exit(4), 50); }
    if (name === 'spawn') {
      const at = text.indexOf(10);
      keeper.spawn(text.subarray(at + 1), text.subarray(0, at).toString()).then(answer, (e) => answer({ code: e.code, errno: e.cause?.errno }));
    }
    if (name === 'list') answer(await keeper.list());
  }
};
watch(run, () => void obey());
appendFileSync(run + '/engines', JSON.stringify({ pid: process.pid, lib, run, restarts: keeper.restarts, keeper: keeper.pid, shim: process.env.TCOMPOSE_SHIM }) + '\\n');
void obey();
`;

describe.skipIf(reason !== undefined)('the keeper', () => {
  const box = makeSandbox();
  const bundle = join(box.dir, 'engine.mjs');
  let run = '';
  let count = 0;
  const keepers: number[] = [];
  /** One with an engine that takes seconds to end, each time: it does so beside the other tests. */
  const slow = { run: join(box.dir, 'run-slow'), keeper: 0 };
  beforeAll(() => {
    mkdirSync(slow.run);
    const script = join(box.dir, 'slow.sh');
    writeFileSync(script, 'sleep 2.7; echo cannot go on >&2; exit 1');
    const words = ['--engine', '/bin/sh', script, '--lib', '/lib-dir', '--run', slow.run];
    expect(spawnSync(shimBinary, ['keeper', ...words]).status).toBe(0);
    slow.keeper = Number(readFileSync(join(slow.run, 'keeper.pid'), 'utf8'));
  });
  afterAll(() => {
    if (slow.keeper > 0 && isAlive(slow.keeper)) process.kill(slow.keeper, 'SIGKILL');
    box.close();
  });
  afterEach(async () => {
    for (const pid of keepers.splice(0)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await expect
      .poll(() => engines().filter((engine) => isAlive(engine.pid)).length, { timeout: 90_000 })
      .toBe(0);
  });

  function start(engine = [process.execPath, bundle], more: readonly string[] = []) {
    const { status, stderr } = spawnSync(shimBinary, [
      'keeper',
      '--engine',
      ...engine,
      '--lib',
      '/lib-dir',
      '--run',
      run,
      ...more,
    ]);
    if (status === 0) keepers.push(Number(readFileSync(join(run, 'keeper.pid'), 'utf8')));
    return { status, stderr: stderr.toString() };
  }

  function newRun() {
    if (!existsSync(bundle)) {
      const source = join(box.dir, 'engine.ts');
      writeFileSync(source, engineSource);
      buildSync({ entryPoints: [source], bundle: true, platform: 'node', format: 'esm', outfile: bundle });
    }
    run = join(box.dir, `run-${count++}`);
    mkdirSync(run);
  }

  const engines = (): {
    pid: number;
    restarts: number;
    keeper: number;
    shim: string;
    lib: string;
    run: string;
  }[] =>
    existsSync(join(run, 'engines'))
      ? readFileSync(join(run, 'engines'), 'utf8')
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .map((line) => JSON.parse(line))
      : [];
  const untilEngines = (many: number) =>
    expect.poll(() => engines().length, { timeout: 90_000, interval: 20 }).toBe(many);
  async function ask(name: string, text: Uint8Array | string = ''): Promise<unknown> {
    const path = join(run, `do-${name}`);
    writeFileSync(join(run, 'request'), text);
    execFileSync('mv', [join(run, 'request'), path]);
    await expect.poll(() => existsSync(`${path}.done`), { timeout: 90_000, interval: 10 }).toBe(true);
    const answer = JSON.parse(readFileSync(`${path}.done`, 'utf8'));
    execFileSync('rm', [`${path}.done`]);
    return answer;
  }
  const tell = (name: string) => writeFileSync(join(run, `do-${name}`), '');

  it('starts the engine, and a second keeper for the same root does not start', async () => {
    newRun();
    expect(start()).toEqual({ status: 0, stderr: '' });
    await untilEngines(1);
    expect(engines()[0]).toMatchObject({
      lib: '/lib-dir',
      run,
      restarts: 0,
      keeper: keepers[0],
      shim: shimBinary,
    });
    expect(start().status).toBe(3);
    tell('stop');
    await expect.poll(() => isAlive(keepers[0]!), { timeout: 90_000 }).toBe(false);
    expect(engines().length).toBe(1);
  });

  it('restarts an engine that was killed, and its shims go on', async () => {
    newRun();
    start();
    await untilEngines(1);
    const plan = box.plan('kept', ['sleep', '100']);
    const answer = (await ask(
      'spawn',
      Buffer.concat([Buffer.from(`${plan.runDir}\n`), encodeLaunchPlan(plan)]),
    )) as { pid: number };
    const shim = await connectShim(plan.runDir);
    expect(shim.shimPid).toBe(answer.pid);
    const { pid } = await untilState(shim, 'started');
    process.kill(engines()[0]!.pid, 'SIGKILL');
    await untilEngines(2);
    expect(engines()[1]).toMatchObject({ restarts: 1, keeper: keepers[0] });
    expect(await ask('list')).toEqual([{ pid: answer.pid, runDir: plan.runDir }]);
    expect(isAlive(pid)).toBe(true);

    process.kill(keepers[0]!, 'SIGKILL');
    await expect
      .poll(() => readFileSync(join(run, 'engines'), 'utf8'), { timeout: 90_000 })
      .toContain('keeper gone');
    expect(isAlive(pid)).toBe(true);
    expect(start().status).toBe(0);
    await untilEngines(3);
    expect(await ask('list')).toEqual([]);
    await shim.signal(9);
    expect(await untilState(shim, 'exited')).toMatchObject({ signal: 9 });
    await shim.reap();
    tell('stop');
    await expect.poll(() => isAlive(keepers.at(-1)!), { timeout: 90_000 }).toBe(false);
  });

  it('tells the engine when a shim has gone, and why one could not be started', async () => {
    newRun();
    start();
    await untilEngines(1);
    const plan = box.plan('short', ['true']);
    const { pid } = (await ask(
      'spawn',
      Buffer.concat([Buffer.from(`${plan.runDir}\n`), encodeLaunchPlan(plan)]),
    )) as { pid: number };
    const shim = await connectShim(plan.runDir);
    await untilState(shim, 'exited');
    await shim.reap();
    await expect
      .poll(() => existsSync(join(run, 'gone')) && readFileSync(join(run, 'gone'), 'utf8'), {
        timeout: 90_000,
      })
      .toBe(`${pid} 0\n`);
    expect(await ask('spawn', `${box.dir}/nowhere\nplan`)).toEqual({ code: 'RUNTIME_SPAWN', errno: 2 });
    tell('shutdown');
    await expect.poll(() => isAlive(keepers[0]!), { timeout: 90_000 }).toBe(false);
    expect(engines().length).toBe(1);
  });

  it('gives up on an engine that ends again and again, and says so in the log', async () => {
    newRun();
    // A shell: five starts of Node may well take longer than the time within which the ends are counted.
    const broken = join(box.dir, 'broken.sh');
    writeFileSync(broken, 'echo cannot go on >&2; exit 1');
    start(['/bin/sh', broken]);
    await expect.poll(() => isAlive(keepers[0]!), { timeout: 90_000 }).toBe(false);
    const log = readFileSync(join(run, 'engine.log'), 'utf8');
    expect(log.match(/^cannot go on$/gm)?.length).toBe(5);
    expect(log).toContain('the engine exited with 1; it ended 5 times within 10 s, giving up');
  });

  it('goes on however often an engine that served is killed', async () => {
    newRun();
    start();
    for (let killed = 1; killed <= 7; killed++) {
      await ask('serves', '');
      process.kill(engines().at(-1)!.pid, 'SIGKILL');
      await expect.poll(() => engines().length, { timeout: 90_000 }).toBe(killed + 1);
    }
    expect(isAlive(keepers[0]!)).toBe(true);
    tell('shutdown');
    await expect.poll(() => isAlive(keepers[0]!), { timeout: 90_000 }).toBe(false);
  });

  it('gives the engine the options of Node', async () => {
    newRun();
    const options = ['--stack-trace-limit=3', '--max-semi-space-size=1'];
    start(
      undefined,
      options.flatMap((option) => ['--node-option', option]),
    );
    await untilEngines(1);
    const command = readFileSync(`/proc/${engines()[0]!.pid}/cmdline`, 'utf8').split('\0');
    expect(command.slice(1, 4)).toEqual([...options, bundle]);
    tell('stop');
    await expect.poll(() => isAlive(keepers[0]!), { timeout: 90_000 }).toBe(false);
    const many = Array.from({ length: 9 }, () => ['--node-option', '--no-warnings']).flat();
    expect(start(undefined, many)).toMatchObject({ status: 1 });
  });

  it('puts itself and the engine into the cgroups given', async () => {
    newRun();
    const hierarchy = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'].find((path) =>
      existsSync(join(path, 'cgroup.procs')),
    );
    if (hierarchy === undefined) return console.log('skipped: no cgroup hierarchy is mounted');
    const cgroup = join(hierarchy, `tcompose-test-keeper-${process.pid}`);
    mkdirSync(cgroup);
    try {
      start(undefined, ['--cgroup', join(cgroup, 'cgroup.procs')]);
      await untilEngines(1);
      for (const pid of [keepers[0], engines()[0]!.pid])
        expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toContain(
          `/tcompose-test-keeper-${process.pid}\n`,
        );
      tell('stop');
      await expect.poll(() => isAlive(keepers[0]!), { timeout: 90_000 }).toBe(false);
    } finally {
      await expect
        .poll(() => readFileSync(join(cgroup, 'cgroup.procs'), 'utf8'), { timeout: 90_000 })
        .toBe('');
      rmdirSync(cgroup);
    }
  });

  it('takes over no limit or priority of the shell it was started from', async () => {
    newRun();
    // Every CPU this process may use; it may itself be held to some of those the machine has.
    const own = cpusOf('self');
    const shell =
      'ulimit -S -f 100000; echo 300 > /proc/self/oom_score_adj; exec setarch -R nice -n 5 taskset -c "$CPU" "$0" "$@"';
    const options = ['--engine', process.execPath, bundle, '--lib', '/lib-dir', '--run', run];
    const env = { ...process.env, CPU: String(own[0]) };
    expect(spawnSync('sh', ['-c', shell, shimBinary, 'keeper', ...options], { env }).status).toBe(0);
    keepers.push(Number(readFileSync(join(run, 'keeper.pid'), 'utf8')));
    await untilEngines(1);
    const stateOf = (pid: number | 'self') => {
      const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
      return {
        fileSize: /Max file size\s+(\S+)/.exec(read('limits'))![1],
        nice: read('stat').split(') ')[1]!.split(' ')[16],
        lackingCpus: own.filter((cpu) => !cpusOf(pid).includes(cpu)),
        personality: read('personality'),
        oomScore: read('oom_score_adj'),
      };
    };
    const clean = { ...stateOf('self'), nice: '0', personality: '00000000\n', oomScore: '0\n' };
    expect(stateOf(keepers[0]!)).toEqual(clean);
    expect(stateOf(engines()[0]!.pid)).toEqual(clean);
    tell('stop');
    await expect.poll(() => isAlive(keepers[0]!), { timeout: 90_000 }).toBe(false);
  });

  it('runs from a sealed copy, and its shims do', async () => {
    newRun();
    start();
    await untilEngines(1);
    expect(execFileSync('readlink', [`/proc/${keepers[0]}/exe`], { encoding: 'utf8' })).toBe(
      '/memfd:tcompose-shim (deleted)\n',
    );
    expect(() => writeFileSync(`/proc/${keepers[0]}/exe`, 'x')).toThrow();
    tell('stop');
    await expect.poll(() => isAlive(keepers[0]!), { timeout: 90_000 }).toBe(false);
  });

  it('gives up on engines that take their time to end, and never serve', async () => {
    await expect.poll(() => isAlive(slow.keeper), { timeout: 200_000 }).toBe(false);
    const log = readFileSync(join(slow.run, 'engine.log'), 'utf8');
    expect(log.match(/^cannot go on$/gm)?.length).toBe(8);
    expect(log).toContain('the engine exited with 1; 8 engines in a row ended before they served, giving up');
  });
});

/** The CPUs a process may run on. */
function cpusOf(pid: number | 'self'): number[] {
  const list = /Cpus_allowed_list:\s+(.*)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!;
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}
