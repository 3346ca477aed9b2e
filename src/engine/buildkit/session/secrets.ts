import type { BuildPlan } from '../../../build/plan/types.ts';
import { secretRequestShape, secretResponseShape } from '../messages/session.ts';
import { decode, encode } from '../wire/message.ts';
import { GrpcError } from '../wire/status.ts';
import type { Session } from './sessions.ts';

const path = '/moby.buildkit.secrets.v1.Secrets/GetSecret';

/** The secrets that the steps of a plan mount, by id, except those that the client doesn't have. */
export async function bringSecrets(
  session: Session,
  plan: BuildPlan,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
  const ids = new Set(
    plan.steps.flatMap((step) =>
      step.kind === 'run' ? step.mounts.flatMap((one) => (one.type === 'secret' ? [one.id] : [])) : [],
    ),
  );
  const values = new Map<string, Buffer>();
  if (!session.has(path)) return values;
  for (const id of ids) {
    try {
      const answer = await session.caller.ask(path, encode(secretRequestShape, { id }), signal);
      values.set(id, Buffer.from(decode<{ data: Buffer }>(secretResponseShape, answer).data));
    } catch (error) {
      if (!(error instanceof GrpcError) || error.code !== 'not-found') throw error;
    }
  }
  return values;
}
