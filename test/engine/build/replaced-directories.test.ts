import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Builder, startBuilder, whyNoBuilder } from './builder.ts';

const why = whyNoBuilder();
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('a directory that a command replaced', () => {
  let builder: Builder;
  beforeAll(async () => {
    builder = await startBuilder();
  });
  afterAll(async () => {
    expect(await builder.close()).toEqual([]);
  });

  it('has nothing of the one before, for commands, copies and images', async () => {
    const output = join(builder.place, 'output');
    mkdirSync(output);
    const text = [
      'FROM busybox AS one',
      'RUN mkdir /d && echo old > /d/old',
      'RUN rm -r /d && mkdir /d && echo new > /d/new',
      'RUN ls /d',
      'FROM scratch',
      'COPY --from=one /d /d',
    ].join('\n');
    const built = await builder.build({ text, localOutput: output });
    expect(built.error).toBeUndefined();
    expect(built.output).toEqual(['new']);
    expect(readdirSync(join(output, 'd'))).toEqual(['new']);
  });
});
