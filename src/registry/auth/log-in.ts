import { readWords } from '../http/read-text.ts';
import { unreachable } from '../http/refusal.ts';
import type { Session } from '../http/session.ts';

/**
 * Checks the session's credentials with a registry. Resolves when they are valid, with an identity token if the
 * registry issues one to be stored instead of the password.
 * @throws TcomposeError REGISTRY_DENIED when they are not, REGISTRY_UNREACHABLE, …
 */
export async function logIn(session: Session, signal: AbortSignal): Promise<string | undefined> {
  let identityToken: string | undefined;
  session.renew([]);
  const reply = await session.ask({
    method: 'GET',
    path: '',
    scopes: [],
    signal,
    offline(token) {
      identityToken = token;
    },
  });
  const { host } = session.endpoint;
  if (!reply.ok) throw unreachable(reply.fault, session.errand(host, 'login'));
  if (reply.answer.status >= 400) throw await session.refusal(reply.answer, host, 'login');
  await readWords(reply.answer);
  return identityToken;
}
