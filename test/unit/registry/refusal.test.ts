import { describe, expect, it } from 'vitest';
import { type Errand, refusalOf, unreachable } from '../../../src/registry/http/refusal.ts';

const errand: Errand = {
  host: 'r:5',
  what: 'r:5/app:1',
  action: 'pull',
  credentials: {},
  settingsFile: '/here/engine.json',
};
const said = (code: string, message: string) => JSON.stringify({ errors: [{ code, message }] });

describe('a refusal', () => {
  it('because of a limit is never one for want of rights, whatever its status', () => {
    for (const status of [401, 403, 429]) {
      const error = refusalOf(
        { status, headers: {}, text: said('TOOMANYREQUESTS', 'You have reached your pull rate limit.') },
        errand,
        0,
      );
      expect(error.code).toBe('REGISTRY_LIMIT');
      expect(error.message).not.toMatch(/denied/);
    }
    expect(refusalOf({ status: 403, headers: {}, text: said('DENIED', 'no') }, errand, 0).code).toBe(
      'REGISTRY_DENIED',
    );
  });

  it('of a connection says what it was for', () => {
    const refused = (action: Errand['action']) =>
      unreachable({ kind: 'connect', code: 'ECONNREFUSED' }, { ...errand, action }).message;
    expect(refused('push')).toMatch(/^r:5 cannot be reached to push r:5\/app:1: /);
    expect(refused('login')).toMatch(/^r:5 cannot be reached to log in: /);
  });

  it('of a blob names it', () => {
    const answer = { status: 404, headers: {}, text: said('BLOB_UNKNOWN', 'blob unknown to registry') };
    expect(refusalOf(answer, { ...errand, blob: 'sha256:1' }, 0)).toMatchObject({
      code: 'REGISTRY_CONTENT',
      message: 'r:5 has no blob sha256:1 of r:5/app:1: blob unknown to registry',
    });
    expect(refusalOf(answer, errand, 0).code).toBe('REGISTRY_NOT_FOUND');
  });

  it('of TLS names the file in which that may be allowed', () => {
    expect(unreachable({ kind: 'not-tls' }, errand).hint).toContain(
      'registries.insecure in /here/engine.json',
    );
  });
});
