import { TcomposeError } from '../../errors.ts';
import { decoded } from './guarded-body.ts';
import type { Answer } from './transport.ts';

/**
 * The whole body of an answer, at most `limit` bytes, without an encoding that was applied on the way. `what` names it.
 * @throws TcomposeError REGISTRY_CONTENT when it is longer; an error with a fault when it breaks off
 */
export async function readBytes(answer: Answer, limit: number, what: string): Promise<Buffer> {
  const tooLong = (): TcomposeError =>
    new TcomposeError('REGISTRY_CONTENT', `${what} is longer than ${limit} bytes, which is the limit`);
  if (Number(answer.headers['content-length'] ?? 0) > limit) {
    answer.discard();
    throw tooLong();
  }
  const body = decoded(answer.body, answer.headers['content-encoding'] ?? '');
  if (body === undefined) {
    answer.discard();
    throw new TcomposeError(
      'REGISTRY_CONTENT',
      `${what} was sent in an unknown encoding: ${answer.headers['content-encoding']}`,
    );
  }
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > limit) throw tooLong();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** As much of a short text as can be read: an error message does not justify another error. */
export async function readWords(answer: Answer): Promise<string> {
  try {
    return (await readBytes(answer, 64 * 1024, 'the answer')).toString('utf8');
  } catch {
    return '';
  }
}
