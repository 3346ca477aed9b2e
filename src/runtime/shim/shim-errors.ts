import { errnoName } from '../../errno.ts';
import { TcomposeError } from '../../errors.ts';
import type { ShimEvent, ShimHello } from './shim-messages.ts';
import { shimProtocolVersion } from './shim-protocol.ts';

/** Returns the hello of a shim with the right protocol; throws RUNTIME_PROTOCOL otherwise. */
export function checkHello(hello: ShimHello): ShimHello {
  if (hello.protocol !== shimProtocolVersion)
    throw new TcomposeError(
      'RUNTIME_PROTOCOL',
      `the shim of ${hello.id} (pid ${hello.pid}) speaks protocol ${hello.protocol}, this engine ${shimProtocolVersion}`,
      { hint: 'Stop the container with the release that started it.' },
    );
  return hello;
}

/** RUNTIME_SHIM for an answer that reports a failure; `cause` has `errno` and the `step` of network ops. */
export function requestError(answer: Extract<ShimEvent, { type: 'answer' }>): TcomposeError {
  const cause = Object.assign(new Error(`${answer.what}: ${errnoName(answer.errno)}`), {
    errno: answer.errno,
    step: answer.step,
  });
  return new TcomposeError('RUNTIME_SHIM', `the container's shim could not do it: ${cause.message}`, {
    cause,
  });
}

/** RUNTIME_GONE for a connection that ended; if one of our own errors ended it, that error is returned. */
export function goneError(runDir: string, cause: Error | undefined): TcomposeError {
  if (cause instanceof TcomposeError) return cause;
  return new TcomposeError('RUNTIME_GONE', `the shim of ${runDir} has ended`, { cause });
}
