/** One of a server's authentication schemes (RFC 9110, 11.3). Names of parameters are in lower case. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A challenge that requires asking a token server (distribution's token specification). */
export interface BearerChallenge {
  readonly kind: 'bearer';
  readonly realm: string;
  readonly service: string | undefined;
  /** `repository:library/app:pull`; empty when the server names none. */
  readonly scopes: readonly string[];
}

export type Entrance = BearerChallenge | { readonly kind: 'basic' };

/**
 * The best supported challenge in a `WWW-Authenticate` header: a token if possible, because some registries offer Basic
 * first and refuse it. Undefined: none is supported.
 */
export function entranceOf(header: string | undefined): Entrance | undefined {
  const challenges = parseChallenges(header ?? '');
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.realm);
  if (bearer !== undefined) {
    const { realm = '', service, scope = '' } = bearer.parameters;
    return { kind: 'bearer', realm, service, scopes: scope.split(' ').filter((one) => one !== '') };
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { kind: 'basic' } : undefined;
}

/**
 * All challenges in one header or several joined by commas. Tolerant: a value without quotes may contain anything
 * except space and comma, and invalid parts are skipped.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const pattern = /[\s,]*([^\s,="]+)(\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s,"]*)))?/y;
  while (pattern.lastIndex < header.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(header);
    if (match === null) {
      pattern.lastIndex = at + 1;
      continue;
    }
    const [, name = '', assigned, quoted, bare] = match;
    if (assigned === undefined) {
      challenges.push({ scheme: name.toLowerCase(), parameters: {} });
      pattern.lastIndex += tokenLength(header.slice(pattern.lastIndex));
    } else {
      const value = quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/g, '$1');
      const parameters = challenges.at(-1)?.parameters;
      if (parameters !== undefined) parameters[name.toLowerCase()] ??= value;
    }
  }
  return challenges;
}

/** Length of a scheme's bare token (`NTLM TlRMTVNTUAA=`) at the start of a text. */
function tokenLength(text: string): number {
  return /^ +[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/.exec(text)?.[0].length ?? 0;
}
