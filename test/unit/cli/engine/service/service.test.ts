import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installService, uninstallService } from '../../../../../src/cli/engine/service/service.ts';
import type { Ended, Surroundings } from '../../../../../src/cli/engine/service/surroundings.ts';
import { unitMark } from '../../../../../src/cli/engine/service/unit-file.ts';

const fine: Ended = { ok: true, stdout: '', why: '' };
const version = { ...fine, stdout: 'Version=252\n' };

describe('the service', () => {
  let directory = '';
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'tcompose-test-')), 'units');
  });
  afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

  /** A system that does everything, but for the calls that are given another end; and what it was asked. */
  function system(other: Partial<Surroundings> & { readonly ends?: Readonly<Record<string, Ended>> } = {}) {
    const { ends = {}, ...rest } = other;
    const calls: string[] = [];
    const surroundings: Surroundings = {
      uid: 0,
      user: 'ann',
      env: {},
      program: ['/usr/bin/node', '/opt/tcompose.cjs'],
      directory,
      run(program, ...args) {
        const call = [program, ...args].join(' ');
        const end = Object.entries(ends).find(([words]) => call.includes(words))?.[1];
        if (call.includes('show --property=Version')) return end ?? version;
        calls.push(call);
        return end ?? fine;
      },
      exists: () => false,
      read: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
      ...rest,
    };
    return { surroundings, calls };
  }
  const refused: Ended = { ok: false, stdout: '', why: 'Access denied' };
  const unit = () => readFileSync(join(directory, 'tcompose.service'), 'utf8');

  it('of root is written, enabled and started, and nothing is left of it', () => {
    const { surroundings, calls } = system();
    expect(installService(surroundings, { linger: true }).warnings).toEqual([]);
    expect(unit()).toContain('ExecStop=/usr/bin/node /opt/tcompose.cjs engine stop --containers\n');
    expect(readdirSync(directory)).toEqual(['tcompose.service']);
    expect(calls).toEqual(['systemctl daemon-reload', 'systemctl enable --now tcompose.service']);
    calls.length = 0;
    let atTheEnd = '';
    const { run } = surroundings;
    const looking = {
      ...surroundings,
      run: (program: string, ...args: readonly string[]) => {
        if (args.includes('disable')) atTheEnd = unit();
        return run(program, ...args);
      },
    };
    expect(uninstallService(looking).said[0]).toContain('containers keep running');
    expect(atTheEnd).not.toContain('ExecStop');
    expect(readdirSync(directory)).toEqual([]);
    expect(calls).toEqual([
      'systemctl daemon-reload',
      'systemctl disable --now tcompose.service',
      'systemctl daemon-reload',
      'systemctl reset-failed tcompose.service',
    ]);
    expect(uninstallService(surroundings).said).toEqual([expect.stringContaining('There is no service')]);
  });

  it('of a user comes with lingering, which goes with it when it came with it', () => {
    const { surroundings, calls } = system({ uid: 1000, env: { TCOMPOSE_ROOT: '/home/ann/r' } });
    installService(surroundings, { linger: true });
    expect(calls).toEqual([
      'loginctl show-user ann --property=Linger',
      'loginctl enable-linger',
      'systemctl --user daemon-reload',
      expect.stringMatching(/^systemctl --user enable --now tcompose-[0-9a-f]{8}\.service$/),
    ]);
    // Once more, as after an upgrade: lingering is on by now, and still came with it.
    const again = system({
      uid: 1000,
      env: { TCOMPOSE_ROOT: '/home/ann/r' },
      ends: { 'show-user': { ...fine, stdout: 'Linger=yes\n' } },
    });
    installService(again.surroundings, { linger: true });
    expect(again.calls).not.toContain('loginctl enable-linger');
    expect(uninstallService(again.surroundings).said).toHaveLength(2);
    expect(again.calls.at(-1)).toBe('loginctl disable-linger');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('leaves lingering that was there, or is not wanted, or refused, and says what that means', () => {
    const had = system({ uid: 1000, ends: { 'show-user': { ...fine, stdout: 'Linger=yes\n' } } });
    installService(had.surroundings, { linger: true });
    uninstallService(had.surroundings);
    const unwanted = system({ uid: 1000 });
    installService(unwanted.surroundings, { linger: false });
    for (const { calls } of [had, unwanted]) expect(calls.join()).not.toMatch(/(en|dis)able-linger/);
    const { surroundings } = system({ uid: 1000, ends: { 'enable-linger': refused } });
    expect(installService(surroundings, { linger: true }).warnings).toEqual([
      {
        message: expect.stringContaining('Access denied'),
        hint: 'sudo loginctl enable-linger ann',
      },
    ]);
  });

  it('that can not be enabled leaves nothing behind', () => {
    const { surroundings, calls } = system({ uid: 1000, ends: { 'enable --now': refused } });
    expect(() => installService(surroundings, { linger: true })).toThrow(
      /enable --now .* failed: Access denied/,
    );
    expect(readdirSync(directory)).toEqual([]);
    expect(calls.slice(-3)).toEqual([
      'systemctl --user disable tcompose.service',
      'systemctl --user daemon-reload',
      'loginctl disable-linger',
    ]);
  });

  it('does not touch a unit that somebody else wrote', () => {
    const { surroundings } = system();
    installService(surroundings, { linger: true });
    const own = '[Service]\nExecStart=/bin/true\n';
    writeFileSync(join(directory, 'tcompose.service'), own);
    expect(() => installService(surroundings, { linger: true })).toThrow(/not made by tcompose/);
    expect(() => uninstallService(surroundings)).toThrow(/not made by tcompose/);
    expect(unit()).toBe(own);
    expect(own).not.toContain(unitMark);
  });

  it('warns of a program that will not last', () => {
    const program = ['/usr/bin/node', '/root/.npm/_npx/1/node_modules/tcompose/dist/tcompose.cjs'];
    const { warnings } = installService(system({ program }).surroundings, { linger: true });
    expect(warnings).toMatchObject([{ hint: expect.stringContaining('npm install -g') }]);
  });

  describe('where systemd does not run', () => {
    const ends = {
      'show --property=Version': { ...refused, why: 'System has not been booted with systemd' },
    };
    const failure = (other: Partial<Surroundings>) => {
      try {
        installService(system({ ends, ...other }).surroundings, { linger: true });
      } catch (error) {
        return error as { readonly code: string; readonly message: string; readonly hint: string };
      }
      throw new Error('it was installed');
    };

    it('says so, and what does the same with cron or OpenRC', () => {
      expect(failure({ uid: 1000, env: { TCOMPOSE_ROOT: '/a b' } })).toMatchObject({
        code: 'ENGINE_SERVICE',
        message: 'no service can be installed: systemd does not run on this machine',
        hint: expect.stringContaining(
          "echo '@reboot TCOMPOSE_ROOT='\\''/a b'\\'' /usr/bin/node /opt/tcompose.cjs engine run --join'",
        ),
      });
      const openrc = failure({ exists: (path) => path === '/sbin/openrc-run' });
      expect(openrc.hint).toContain('rc-update add local default');
      expect(existsSync(directory)).toBe(false);
    });

    it('tells a user whose own systemd is out of reach how to reach it', () => {
      const { hint } = failure({ uid: 1000, exists: (path) => path === '/run/systemd/system' });
      expect(hint).toContain('export XDG_RUNTIME_DIR=/run/user/1000');
    });
  });
});
