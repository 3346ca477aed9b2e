import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Builder, startBuilder, whyNoBuilder } from './builder.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: what commands of builds see: ${unmet}`);

// What commands of BuildKit 0.25 (Docker 28.5.2) see.
describe.skipIf(unmet !== undefined)('a command of a build', () => {
  let builder: Builder;

  const run = async (text: string, secrets: Record<string, string> = {}) => {
    const built = await builder.build({ text: `FROM busybox\n${text}`, secrets });
    expect(built.error).toBeUndefined();
    return built.output;
  };

  beforeAll(async () => {
    builder = await startBuilder();
  });

  afterAll(async () => {
    expect(await builder?.close()).toEqual([]);
  });

  it('has no variable but PATH, HOME and those of the Dockerfile', async () => {
    const output = await run(
      'ARG A=1\nENV B=2\nRUN env | cut -d= -f1 | sort\nENV HOSTNAME=own\nRUN env | grep HOSTNAME\n',
    );
    expect(output).toEqual(['A', 'B', 'HOME', 'PATH', 'PWD', 'SHLVL', 'HOSTNAME=own']);
  });

  it('can not change hosts and resolv.conf, and what it writes as hostname stays', async () => {
    const output = await run(
      `RUN hostname; for f in hosts resolv.conf; do sh -c "echo x >>/etc/$f" 2>&1; done; echo mine >/etc/hostname; ls -A / | grep dockerenv || echo none
RUN cat /etc/hostname
`,
    );
    expect(output[0]).toBe('buildkitsandbox');
    expect(output.slice(1, 3).every((line) => line.endsWith('Read-only file system'))).toBe(true);
    expect(output.slice(3, 5)).toEqual(['none', 'mine']);
  });

  it('may make and run programs in a tmpfs mount', async () => {
    const output = await run('RUN --mount=type=tmpfs,target=/t cp /bin/busybox /t/echo && /t/echo ran\n');
    expect(output).toEqual(['ran']);
  });

  it('sees a tmpfs with the mode of the directory in its place', async () => {
    const output = await run(
      `RUN mkdir -m 700 /own
RUN --mount=type=tmpfs,target=/own --mount=type=tmpfs,target=/new stat -c '%a %n' /own /new
`,
    );
    expect(output).toEqual(['700 /own', '1777 /new']);
  });

  it('has the whole of a directory mounted at /etc, without hosts and resolv.conf', async () => {
    const context = builder.context('etc', { 'etc/own': '' });
    const text = `FROM busybox
RUN --mount=type=bind,source=etc,target=/etc ls /etc
RUN --mount=type=cache,target=/etc ls -A /etc | wc -l
`;
    const { error, output } = await builder.build({ context, text });
    expect(error).toBeUndefined();
    expect(output).toEqual(['own', '0']);
  });

  it('sees a secret in a mount that nothing can be run from', async () => {
    const secret = Buffer.from('the secret').toString('base64');
    const output = await run(
      'RUN --mount=type=secret,id=s cat /run/secrets/s; echo; cut -d" " -f2,4 /proc/mounts | grep -c "^/run/secrets/s ro,nosuid,nodev,noexec"\n',
      { s: secret },
    );
    expect(output).toEqual(['the secret', '1']);
  });

  it('leaves nothing of a mount behind a link', async () => {
    const output = await run(
      'RUN ln -s /etc /l\nRUN --mount=type=tmpfs,target=/l/sub ls -d /etc/sub\nRUN ls -d /etc/sub 2>&1 || echo gone\n',
    );
    // The two streams of a command have no common order: they go through one here.
    expect(output[0]).toBe('/etc/sub');
    expect(output.at(-1)).toBe('gone');
  });

  it('takes the source of a bind mount for a name, not for a pattern', async () => {
    const context = builder.context('literal', { 'd/x': '1', 'd/*': '2' });
    const built = await builder.build({
      text: 'FROM busybox\nRUN --mount=source=d/*,target=/m cat /m\nRUN --mount=source=e/*,target=/m cat /m\n',
      context,
    });
    expect(built.output).toEqual(['2']);
    expect(built.error?.message).toContain('"/e/*": not found');
  });

  it('finds a working directory behind a link that led nowhere', async () => {
    expect(await run('RUN ln -s /none /l\nWORKDIR /l/x\nRUN pwd -P\n')).toEqual(['/none/x']);
  });
});
