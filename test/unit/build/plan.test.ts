import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../src/build/dockerfile/parse.ts';
import { readDockerfile } from '../../../src/build/instruction/read-dockerfile.ts';
import { formatPlan } from '../../../src/build/plan/format-plan.ts';
import { type BuildOptions, type NamedContext, plainOptions } from '../../../src/build/plan/options.ts';
import { planBuild } from '../../../src/build/plan/planner.ts';
import type { BaseImage } from '../../../src/build/plan/types.ts';

const image: BaseImage = {
  id: `sha256:${'1'.repeat(64)}`,
  config: { Env: ['PATH=/bin'], OnBuild: ['RUN echo trigger'] },
  os: 'linux',
  architecture: 'amd64',
  layers: 1,
};

function planned(text: string, options: Partial<BuildOptions> = {}) {
  const dockerfile = readDockerfile(parseDockerfile(text, 'Dockerfile'));
  const images = new Map([['docker.io/library/base:1', image]]);
  return planBuild(dockerfile, { ...plainOptions, ...options }, images);
}

function text(dockerfile: string, options: Partial<BuildOptions> = {}): string {
  const result = planned(dockerfile, options);
  if (result.kind === 'needs') throw new Error(`needs ${result.images[0]?.reference}`);
  return formatPlan(result.plan);
}

const stages = `ARG FROM=base:1
FROM $FROM AS tools
RUN make tools

FROM scratch AS unused
COPY --from=nowhere /x /x

FROM tools AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/cache --mount=type=bind,from=tools,source=/t,target=/t make

FROM scratch
COPY --from=build /src/out /app/
CMD ["/app/out"]
`;

describe('planBuild', () => {
  it('gives a stage the target as it was asked for', () => {
    const file = 'FROM scratch AS a\nFROM a AS Final\nARG TARGETSTAGE\nCOPY x /$TARGETSTAGE\n';
    expect(text(file, { target: 'FINAL' })).toContain('/FINAL');
    expect(text(file)).toContain('/final');
    expect(text('FROM scratch\nARG TARGETSTAGE\nCOPY x /$TARGETSTAGE\n')).toContain('/default');
  });

  it('takes an empty platform as none, and names the part that none can have', () => {
    expect(text('FROM --platform= scratch\nCOPY a /\n')).toBe(text('FROM scratch\nCOPY a /\n'));
    expect(() => text('ARG P\nFROM --platform=$P scratch\n')).toThrow(
      'empty platform value from expression $P',
    );
    expect(() => text('FROM --platform=linux/amd64,linux/arm64 scratch\n')).toThrow(
      'failed to parse platform linux/amd64,linux/arm64: "amd64,linux" is an invalid component of "linux/amd64,linux/arm64"',
    );
  });

  it('knows no stage by a number below zero', () => {
    expect(() => text('FROM scratch\nCOPY --from=-1 / /\n')).toThrow('invalid stage index -1');
  });

  it('takes a label whose name is nothing once it is expanded', () => {
    const result = planned('FROM scratch\nLABEL $NONE=x\n');
    expect(result.kind === 'plan' && result.plan.result.config.Labels).toEqual({ '': 'x' });
  });

  it('checks a checksum before anything is fetched, and takes an empty one as none', () => {
    const add = (sum: string) =>
      text(`FROM scratch\nARG NONE\nADD --checksum=${sum} http://a.example/x /x\n`);
    expect(add('$NONE')).toBe(add(''));
    expect(add('')).toContain('copy /x of step');
    expect(text('FROM scratch\nADD --checksum= x y /z/\n')).toContain('copy x y of the context');
    for (const sum of ['sha256:00', `sha256:${'0'.repeat(65)}`, 'sha512:00'])
      expect(() => add(sum)).toThrow('invalid checksum digest length');
    for (const sum of [`md5:${'0'.repeat(32)}`, 'a+b:x'])
      expect(() => add(sum)).toThrow('unsupported digest algorithm');
    for (const sum of ['0'.repeat(64), 'sha256:', ':00', 'a++b:x', `sha256:${'g'.repeat(64)}`])
      expect(() => add(sum)).toThrow('invalid checksum digest format');
    expect(add(`sha512:${'0'.repeat(128)}`)).toContain('copy /x of step');
  });

  it('takes an empty --from as none, and leaves an empty proxy out of the environment', () => {
    expect(text('FROM scratch\nCOPY --from= a /b\n')).toContain('copy a of the context to /b');
    const mounted = (mount: string) => text(`FROM base:1\nRUN --mount=${mount},target=/m a\n`);
    expect(mounted('type=bind,from=')).toContain('mount / of the context at /m');
    expect(mounted('type=cache,from=')).toContain('mount cache');
    const result = planned('FROM base:1\nRUN a\n', {
      buildArgs: new Map([
        ['http_proxy', 'p'],
        ['FTP_PROXY', ''],
      ]),
    });
    const steps = result.kind === 'plan' ? result.plan.steps : [];
    expect(steps.at(-1)).toMatchObject({ unkeyedEnvironment: ['HTTP_PROXY=p', 'http_proxy=p'] });
  });

  it('replaces what is no character in an exec form', () => {
    const result = planned('FROM scratch\nCMD ["\\ud83d\\ude00", "\\ud800"]\n');
    expect(result.kind === 'plan' && result.plan.result).toMatchObject({
      config: { Cmd: ['\u{1f600}', '\ufffd'] },
      history: [{ createdBy: 'CMD ["\u{1f600}" "\ufffd"]' }],
    });
  });

  it('counts a named context that a stage is on as a step, which none has the number of', () => {
    const file = 'FROM base:1\nCOPY a /a\nCOPY b /b\n';
    const on = (context: NamedContext) => planned(file, { contexts: new Map([['base:1', context]]) });
    const directory = on({ kind: 'directory' });
    if (directory.kind === 'needs') throw new Error('needs an image');
    const { steps, result } = directory.plan;
    expect(steps.map(({ name }) => name).slice(1)).toEqual(['[1/3] COPY a /a', '[2/3] COPY b /b']);
    // There are three layers, and BuildKit adds what is missing at the end.
    expect(result.history).toEqual([
      { createdBy: 'COPY a /a # buildkit', step: 1 },
      { createdBy: 'COPY b /b # buildkit', step: 2 },
      { createdBy: '[2/3] COPY b /b', step: 2, unrecorded: true },
    ]);
    const other = on({ kind: 'image', reference: 'docker.io/library/base:1' });
    expect(other.kind === 'plan' && other.plan.steps.map(({ name }) => name)).toEqual([
      '[context base:1] docker.io/library/base:1',
      '[1/4] ONBUILD RUN echo trigger',
      '[2/4] COPY a /a',
      '[3/4] COPY b /b',
    ]);
  });

  it('says of a time or a number of a health check what Go says', () => {
    const check = (flag: string) => text(`FROM scratch\nHEALTHCHECK --${flag} CMD a\n`);
    for (const [flag, message] of [
      ['timeout=1d', 'time: unknown unit "d" in duration "1d"'],
      ['timeout=1h1x', 'time: unknown unit "x" in duration "1h1x"'],
      ['timeout=5s3', 'time: missing unit in duration "5s3"'],
      ['timeout=s', 'time: invalid duration "s"'],
      ['timeout=.', 'time: invalid duration "."'],
      ['timeout=9999999999h', 'time: invalid duration "9999999999h"'],
      ['retries=2147483648', 'strconv.ParseInt: parsing "2147483648": value out of range'],
    ] as const)
      expect(() => check(flag)).toThrow(message);
    expect(check('retries=2147483647')).toBe(check('retries=1'));
  });

  it('keeps an absolute WORKDIR as it is written, and makes relative ones from it', () => {
    const of = (file: string) => {
      const result = planned(`FROM scratch\n${file}RUN a\n`);
      if (result.kind === 'needs') throw new Error('needs an image');
      const { config, history } = result.plan.result;
      return [
        config.WorkingDir,
        result.plan.steps.length,
        ...history.slice(0, -1).map((one) => one.createdBy),
      ];
    };
    expect(of('WORKDIR /w//x/\n')).toEqual(['/w//x/', 2, 'WORKDIR /w//x/']);
    expect(of('WORKDIR /w/\nWORKDIR x/\n')).toEqual(['/w/x', 3, 'WORKDIR /w/', 'WORKDIR /w/x']);
    expect(of('WORKDIR /\n')).toEqual(['/', 1, 'WORKDIR /']);
    expect(of('WORKDIR //\n')).toEqual(['//', 2, 'WORKDIR //']);
  });

  it('reads ports as Docker reads published ones', () => {
    const ports = (word: string) => {
      const result = planned(`FROM scratch\nEXPOSE ${word}\n`);
      return result.kind === 'plan' && Object.keys(result.plan.result.config.ExposedPorts ?? {});
    };
    expect(ports('[::1]::80')).toEqual(['80/tcp']);
    expect(ports('::1:80:80')).toEqual(['80/tcp']);
    expect(ports('1-2:80')).toEqual(['80/tcp']);
    expect(ports('1-2:3-4/udp')).toEqual(['3/udp', '4/udp']);
    for (const [word, message] of [
      ['1-3:3-4', 'invalid ranges specified for container and host Ports: 3-4 and 1-3'],
      ['1:2-3', 'invalid ranges specified for container and host Ports: 2-3 and 1'],
      ['x:80', 'invalid hostPort: x'],
      ['1.2.3.4:80', 'invalid hostPort: 1.2.3.4'],
      ['localhost:1:80', 'invalid IP address: localhost'],
      ['a:b:c:d', 'invalid IP address: a:b'],
      ['80:', 'invalid port: "80:": no port specified'],
      ['/udp', 'invalid port: "/udp": no port specified'],
    ] as const)
      expect(() => ports(word)).toThrow(message);
  });

  it('refuses a mount of nothing', () => {
    expect(() => text('FROM base:1\nRUN --mount= true\n')).toThrow('failed to parse csv mounts: EOF');
  });

  it('refuses an image of another platform than the one asked for', () => {
    const arm = { os: 'linux', architecture: 'arm64', variant: '' };
    const refusal = /base:1 here is for linux\/amd64, but linux\/arm64 was requested/;
    expect(planned('FROM --platform=linux/arm64 base:1\n')).toMatchObject({
      kind: 'needs',
      images: [{ reference: 'docker.io/library/base:1', platform: { architecture: 'arm64' } }],
    });
    expect(() => planned('FROM base:1\n', { platform: arm })).toThrow(refusal);
    expect(planned('FROM --platform=$BUILDPLATFORM base:1\n', { platform: arm })).toMatchObject({
      kind: 'needs',
      images: [{ key: 'docker.io/library/base:1 linux/amd64' }],
    });
    expect(planned('FROM scratch\n', { platform: arm }).kind).toBe('plan');
  });

  it('gives mounts places inside the root, whatever dots say', () => {
    const mounts = ['tmpfs', 'cache', 'secret'].map(
      (type) => `RUN --mount=type=${type},target=../../../../out/${type} true\n`,
    );
    const plan = text(`FROM base:1\nWORKDIR /a/b\n${mounts.join('')}`);
    for (const type of ['tmpfs', 'cache', 'secret'])
      expect(plan).toMatch(new RegExp(`^ .*[^./]/out/${type}`, 'm'));
  });

  it('plans what the target needs, in order', () => {
    expect(text(stages)).toMatchInlineSnapshot(`
      "0  [tools 1/3] FROM docker.io/library/base:1
      1  [tools 2/3] ONBUILD RUN echo trigger
           on step 0: run ["/bin/sh","-c","echo trigger"] in /
      2  [tools 3/3] RUN make tools
           on step 1: run ["/bin/sh","-c","make tools"] in /
      3  [build 1/3] WORKDIR /src
           on step 2: make /src
      4  [build 2/3] COPY . .
           on step 3: copy . of the context to /src/
      5  [build 3/3] RUN --mount=type=cache,target=/cache --mount=type=bind,from=tools,source=/t,target=/t make
           on step 4: run ["/bin/sh","-c","make"] in /src
           mount cache /cache at /cache (shared)
           mount /t of step 2 at /t
      6  [stage-3 1/1] COPY --from=build /src/out /app/
           on nothing: copy /src/out of step 5 to /app/
      image of step 6 for linux/amd64
      "
    `);
  });

  it('stops at the target', () => {
    expect(text(stages, { target: 'TOOLS' })).toMatchInlineSnapshot(`
      "0  [tools 1/3] FROM docker.io/library/base:1
      1  [tools 2/3] ONBUILD RUN echo trigger
           on step 0: run ["/bin/sh","-c","echo trigger"] in /
      2  [tools 3/3] RUN make tools
           on step 1: run ["/bin/sh","-c","make tools"] in /
      image of step 2 for linux/amd64
      "
    `);
  });

  it('has equal steps once', () => {
    const twice = 'FROM scratch AS a\nCOPY x /x\nFROM scratch AS b\nCOPY x /x\nFROM a\nCOPY --from=b /x /y\n';
    expect(text(twice)).toMatchInlineSnapshot(`
      "0  [a 1/1] COPY x /x
           on nothing: copy x of the context to /x
      1  [stage-2 1/1] COPY --from=b /x /y
           on step 0: copy /x of step 0 to /y
      image of step 1 for linux/amd64
      "
    `);
  });

  it('names the images it has to know first', () => {
    expect(planned('FROM other:2')).toMatchObject({
      kind: 'needs',
      images: [{ reference: 'docker.io/library/other:2', range: { start: 1, end: 1 } }],
    });
  });

  it('says at which line a target that is not there is to be mended', () => {
    expect(() => planned(stages, { target: 'biuld' })).toThrow('target stage "biuld" could not be found');
  });

  it('knows a platform by a system or a processor alone, and no other word', () => {
    const meant = (word: string) => {
      const result = planned(`FROM --platform=${word} base:2\n`);
      return result.kind === 'needs' ? result.images[0]?.platform : undefined;
    };
    expect(meant('linux')).toMatchObject({ os: 'linux', architecture: 'amd64' });
    expect(meant('aarch64')).toMatchObject({ os: 'linux', architecture: 'arm64' });
    expect(meant('windows')).toMatchObject({ os: 'windows', architecture: 'amd64' });
    expect(() => meant('bogus')).toThrow('"bogus": unknown operating system or architecture');
  });

  it('names what a slip of the pen was meant to be, two letters away at most', () => {
    const message = (dockerfile: string, target?: string): string => {
      try {
        planned(dockerfile, target === undefined ? {} : { target });
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(message('FROM base:1 AS prod\n', 'prd')).toBe(
      'target stage "prd" could not be found (did you mean prod?)',
    );
    expect(message('FROM base:1\nCOPYY a b\n')).toContain('(did you mean COPY?)');
    expect(message('FROM base:1\nCOPY --foo=x a b\n')).toContain('unknown flag: --foo (did you mean from?)');
    expect(message('FROM base:1\nCOPY --chownnnn=x a b\n')).toMatch(/unknown flag: --chownnnn$/);
    const warned = planned('FROM base:1\nENV AB=1\nLABEL a=$Z b=$ZYX\n');
    expect(warned.kind === 'plan' && warned.plan.warnings.map((one) => one.message)).toEqual([
      "Usage of undefined variable '$Z' (did you mean $AB?)",
      "Usage of undefined variable '$ZYX'",
    ]);
  });

  it('leaves a cache mount writable and a bind mount not', () => {
    const result = planned('FROM base:1\nRUN --mount=target=/a --mount=type=cache,target=/b true');
    const run = result.kind === 'plan' ? result.plan.steps.at(-1) : undefined;
    expect(run).toMatchObject({ kind: 'run', mounts: [{ writable: false }, { writable: true }] });
  });
});
