import type { BuildEvent } from '../../api/build.ts';
import { withHint } from '../../error-body.ts';
import { type Source, sourceShape } from '../messages/operations.ts';
import { encode } from '../wire/message.ts';
import { GrpcError } from '../wire/status.ts';

/** The error of a build with the lines that it refers to, which clients print. @param dockerfile its text */
export function buildFault(event: Extract<BuildEvent, { type: 'error' }>, dockerfile: string): GrpcError {
  const { message, hint, where } = event;
  const text = withHint(message, hint);
  if (where === undefined) return new GrpcError('unknown', text);
  const { file, line, endLine = line } = where;
  const value = encode<Source>(sourceShape, {
    info: { filename: file, data: Buffer.from(dockerfile), language: 'Dockerfile' },
    ranges: [{ start: { line, character: 0 }, end: { line: endLine, character: 0 } }],
  });
  return new GrpcError('unknown', text, [{ url: 'type.googleapis.com/errdefs.Source', value }]);
}
