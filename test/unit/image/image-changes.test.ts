import { describe, expect, it } from 'vitest';
import { applyChanges } from '../../../src/image/image-changes.ts';

describe('applyChanges', () => {
  it.each([
    ['CMD ["a","b c"]', { Cmd: ['a', 'b c'] }],
    ['cmd echo $HOME "x"', { Cmd: ['/bin/sh', '-c', 'echo $HOME "x"'] }],
    ['ENTRYPOINT ["/init"]', { Entrypoint: ['/init'] }],
    ['ENV A=1 B="two words" C=th\\ ree', { Env: ['A=1', 'B=two words', 'C=th ree'] }],
    ['ENV A the rest = of it', { Env: ['A=the rest = of it'] }],
    ['EXPOSE 80 53/udp', { ExposedPorts: { '80/tcp': {}, '53/udp': {} } }],
    ["LABEL a.b='c d' e=", { Labels: { 'a.b': 'c d', e: '' } }],
    ['VOLUME /a /b', { Volumes: { '/a': {}, '/b': {} } }],
    ['VOLUME ["/a b"]', { Volumes: { '/a b': {} } }],
    ['USER 1000:1000', { User: '1000:1000' }],
    ['WORKDIR /srv', { WorkingDir: '/srv' }],
    ['STOPSIGNAL SIGINT', { StopSignal: 'SIGINT' }],
    ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
    [
      'HEALTHCHECK --interval=1m --timeout=500ms --retries=2 CMD ["ok"]',
      { Healthcheck: { Interval: 60e9, Timeout: 5e8, Retries: 2, Test: ['CMD', 'ok'] } },
    ],
    ['HEALTHCHECK CMD test -f /x', { Healthcheck: { Test: ['CMD-SHELL', 'test -f /x'] } }],
  ])('%s', (change, expected) => {
    expect(applyChanges({}, [change])).toEqual(expected);
  });

  it('builds on what is there', () => {
    const changes = ['ENV A=2', 'ENV B=3', 'WORKDIR sub', 'EXPOSE 81'];
    expect(applyChanges({ Env: ['A=1'], WorkingDir: '/x', ExposedPorts: { '80/tcp': {} } }, changes)).toEqual(
      {
        Env: ['A=2', 'B=3'],
        WorkingDir: '/x/sub',
        ExposedPorts: { '80/tcp': {}, '81/tcp': {} },
      },
    );
  });

  it.each([
    '',
    'RUN x',
    'CMD',
    'CMD [1]',
    'CMD ["a"',
    'EXPOSE http',
    'EXPOSE 70000',
    'LABEL novalue',
    'ENV ="x"',
    'LABEL a="b',
    'HEALTHCHECK',
    'HEALTHCHECK --retries=x CMD y',
    'HEALTHCHECK curl',
  ])('refuses %j', (change) => {
    expect(() => applyChanges({}, [change])).toThrow(expect.objectContaining({ code: 'IMAGE_CHANGE' }));
  });
});
