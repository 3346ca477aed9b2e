import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staticBusybox } from '../../support/busybox.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { outputOfRun } from '../../support/engine-run.ts';
import { hostileTar } from '../../support/hostile-tar.ts';

const busybox = staticBusybox();
const why = whyNoEngine() ?? (busybox === undefined ? 'needs a static busybox (busybox-static)' : undefined);
if (why) console.log(`skipped: ${why}`);

/** Words that other tools took from an image or a request as orders. */
const words = {
  'io.podman.annotations.privileged': 'TRUE',
  'io.podman.annotations.userns': 'host',
  'io.podman.annotations.seccomp': 'unconfined',
  'io.containerd.image.config.privileged': 'true',
  'containerd.io/restart.loguri': 'binary:///bin/sh?-c=touch+/tmp/tcompose-owned',
  'containerd.io/restart.status': 'running',
  'run.oci.handler': 'krun',
  'run.oci.hooks.stdout': '/tmp/tcompose-owned',
  'org.systemd.property.ExecStart': "'touch /tmp/tcompose-owned'",
  'io.kubernetes.cri-o.userns-mode': 'host',
  'cpu-quota.crio.io': 'disable',
  'module.wasm.image/variant': 'compat',
  'cdi.k8s.io/x': 'vendor/class=all',
};

describe.skipIf(why)('words of an image', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
    const image = hostileTar([
      { name: 'bin/busybox', data: readFileSync(busybox!), mode: 0o755 },
      { name: 'bin/sh', type: 'link', to: 'busybox' },
    ]);
    const labels = Object.entries(words)
      .map(([key, value]) => `&changes=${encodeURIComponent(`LABEL "${key}"="${value}"`)}`)
      .join('');
    for (const [repo, changes] of [
      ['plain', ''],
      [
        'wordy',
        `${labels}&changes=${encodeURIComponent('ENV LD_PRELOAD=/evil.so PATH=/proc/self/fd/4:/bin')}`,
      ],
    ]) {
      const answer = await engine.api('POST', `/images/create?fromSrc=-&repo=${repo}${changes}`, image);
      expect([answer.status, answer.text]).toEqual([200, expect.not.stringContaining('error')]);
    }
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const confined = (Image: string, more: object = {}) =>
    outputOfRun(engine, {
      Image,
      Cmd: [
        '/bin/busybox',
        'sh',
        '-c',
        "B=/bin/busybox; $B grep -E '^(Cap|NoNewPrivs|Seccomp:|Uid)' /proc/self/status; $B cat /proc/self/uid_map; $B ls /dev; $B grep -c . /proc/self/mountinfo",
      ],
      ...more,
    });

  it('are read by people alone: labels, annotations and variables change nothing of how it is confined', async () => {
    const plain = await confined('plain');
    expect(plain.output).toMatch(/^CapEff:\t00000000a80425fb$/m);
    expect(await confined('wordy')).toEqual(plain);
    expect(await confined('wordy', { Labels: words, HostConfig: { Annotations: words } })).toEqual(plain);
  });
});
