import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Builder, startBuilder, whyNoBuilder } from './builder.ts';

const python = spawnSync('python3', ['-c', 'import docker']).status === 0;
const unmet =
  whyNoBuilder() ?? (python ? undefined : 'there is no python3 with docker (Debian: python3-docker)');
if (unmet !== undefined) console.warn(`skipped: builds by docker-py: ${unmet}`);

const program = `
import docker, json, sys
client = docker.DockerClient(base_url='unix://' + sys.argv[1], version='auto')
image, logs = client.images.build(path=sys.argv[2], tag='py:1', buildargs={'WHO': 'python'}, labels={'a': 'b'}, target='last', rm=True)
out = ''.join(line.get('stream', '') for line in logs)
try:
    client.images.build(path=sys.argv[2], target='bad')
    failure = None
except docker.errors.BuildError as error:
    failure = error.msg
try:
    client.images.build(path=sys.argv[2], dockerfile='nowhere')
    missing = None
except (docker.errors.APIError, docker.errors.BuildError) as error:
    missing = str(error)
print(json.dumps({'id': image.id, 'tags': image.tags, 'labels': image.labels, 'out': out, 'failure': failure, 'missing': missing,
  'pruned': client.api.prune_builds()['SpaceReclaimed'] >= 0}))
`;

describe.skipIf(unmet !== undefined)('docker-py', () => {
  let builder: Builder;

  beforeAll(async () => {
    builder = await startBuilder();
  });

  afterAll(async () => {
    expect(await builder?.close()).toEqual([]);
  });

  it('builds, is told what failed, and prunes', () => {
    const context = builder.context('py', {
      Dockerfile: `FROM busybox AS last
ARG WHO
COPY . /context
RUN echo "hello $WHO" && ls -A /context
FROM busybox AS bad
RUN echo before && exit 5
`,
      '.dockerignore': 'left-out\n',
      'left-out': '',
      taken: '',
    });
    const { status, stdout, stderr } = spawnSync('python3', ['-c', program, builder.engine.socket, context], {
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect(answer).toMatchObject({ tags: ['py:1'], labels: { a: 'b' }, pruned: true });
    expect(answer.out).toContain('hello python\n');
    expect(answer.out).toContain('taken\n');
    expect(answer.out).not.toContain('left-out\n');
    expect(answer.out).toContain('Successfully tagged py:1');
    expect(answer.failure).toContain('exit code: 5');
    expect(answer.missing).toMatch(/nowhere/);
  });
});
