import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfinedDirectory } from '../../../../src/confined/confined-directory.ts';
import { runArchiveJob } from '../../../../src/engine/archive/run-archive-job.ts';
import { unpackInto } from '../../../../src/engine/archive/unpack.ts';
import { inlineJobs } from '../../../../src/image/jobs/inline-jobs.ts';
import type { ArchiveSpec, JobRunner } from '../../../../src/image/jobs/job-types.ts';
import { libcLayerSystem } from '../../../../src/image/unpack/layer-system.ts';
import { tarOf } from '../../tar/tar-fixture.ts';

const text = 'content of a file\n'.repeat(20);
const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** The bytes in pieces whose sizes are repeated for as long as there are bytes. */
function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length]!;
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}

describe.each([
  { how: 'in another thread', length: undefined },
  { how: 'at once', length: 1 },
])('an archive that comes in, unpacked $how', ({ length }) => {
  let scratch: string;
  let jobs: JobRunner<ArchiveSpec>;
  let count = 0;
  beforeAll(async () => {
    jobs = inlineJobs(runArchiveJob, await libcLayerSystem());
    scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  const unpack = async (body: Readable): Promise<string> => {
    const target = join(scratch, String(count++));
    mkdirSync(target);
    const directory = ConfinedDirectory.at(target);
    const options = { noOverwriteDirNonDir: false, owner, warn: () => {} };
    const known = length === undefined ? options : { ...options, length };
    await unpackInto(jobs, { directory, readOnly: new Map() }, '', body, known).finally(() =>
      directory.close(),
    );
    return readFileSync(join(target, 'dir/file'), 'utf8');
  };

  it('is unpacked however it is cut into pieces, plain or gzip', async () => {
    const plain = tarOf([{ name: 'dir/file', mode: 0o640, data: text }]);
    for (const bytes of [plain, gzipSync(plain)]) {
      const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(sizes, async (chosen) => {
          expect(await unpack(Readable.from(pieces(bytes, chosen), { objectMode: false }))).toBe(text);
        }),
        { numRuns: 60, examples: [[[1]], [[1, 700]], [[2]], [[1, 1, 700]]] },
      );
    }
  });

  it.each([
    ['garbage', Buffer.from('no tar at all '.repeat(100))],
    ['damaged gzip', Buffer.concat([gzipSync(Buffer.alloc(4096)).subarray(0, 15), Buffer.alloc(3000, 7)])],
  ])('is refused as the client’s fault when it is %s', async (_, bytes) => {
    await expect(unpack(Readable.from(pieces(bytes, [1, 100])))).rejects.toMatchObject({
      code: expect.stringMatching(/^(ENGINE_BAD_PARAMETER|IMAGE_ARCHIVE)$/),
    });
  });

  it('lets the rest of a refused one run out, so that the client comes to read the answer', async () => {
    const body = Readable.from(pieces(Buffer.alloc(200_000, 'x'), [1000]), { objectMode: false });
    await expect(unpack(body)).rejects.toThrow();
    await new Promise((resolve) => body.once('end', resolve));
  });
});
