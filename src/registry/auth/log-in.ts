import { readWords } from '../http/read-text.ts';
import { unreachable } from '../http/refusal.ts';
import type { Session } from '../http/session.ts';

/**
 * Shows a registry the session's credentials. Resolves when they are good, with an identity token when the registry gives one to be kept in place of the
 * password.
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
