import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { TcomposeError } from '../../errors.ts';

/** Where to look for certificates. */
export interface CertificatePlaces {
  /** Directories with one subdirectory for each registry: `certs.d/<host[:port]>/{*.crt, X.cert, X.key}`. */
  readonly directories: readonly string[];
  /** Files with the machine's certificate authorities; all that exist are used. */
  readonly bundles: readonly string[];
}

/** Bundles of the distributions; the first one that exists is the machine's. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The places of Docker, of the containers' tools and our own, beside engine.json, for the user of `env`. SSL_CERT_FILE
 * and NODE_EXTRA_CA_CERTS each add a bundle; the engine gets the latter as TCOMPOSE_EXTRA_CA_CERTS
 * (engine/client/start-engine.ts).
 */
export function certificatePlaces(
  env: Readonly<Record<string, string | undefined>>,
  engineJson = '/etc/tcompose/engine.json',
): CertificatePlaces {
  const own = join(dirname(engineJson), 'certs.d');
  const home = env.HOME
    ? [join(env.HOME, '.config/docker/certs.d'), join(env.HOME, '.config/containers/certs.d')]
    : [];
  const system = systemBundles.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  const added = [env.SSL_CERT_FILE, env.NODE_EXTRA_CA_CERTS ?? env.TCOMPOSE_EXTRA_CA_CERTS];
  return {
    directories: [own, '/etc/docker/certs.d', '/etc/containers/certs.d', ...home],
    bundles: [...new Set([...added, system].flatMap((file) => file || []))],
  };
}

export interface TrustContext {
  /** Undefined: only Node's own certificate authorities. */
  readonly context: SecureContext | undefined;
  /** Changes when its sources change. */
  readonly key: string;
}

/**
 * TLS contexts, made on demand and kept as long as their files do not change: reading some hundred certificates takes a
 * fifth of a second.
 */
export function createTrust(places: () => CertificatePlaces) {
  const kept = new Map<string, SecureContext>();

  return {
    /**
     * For `first`, Node's authorities and those configured for the registry; for `all` also those of the machine. All
     * are added, none replaced.
     * @throws TcomposeError REGISTRY_CONFIG for a certificate without its key, or a file that can't be read
     */
    contextFor(registry: string, attempt: 'first' | 'all'): TrustContext {
      const { directories, bundles } = places();
      const own = directories.flatMap((directory) => filesOf(join(directory, registry)));
      const shared = attempt === 'all' || own.length > 0 ? bundles : [];
      const files = [...own, ...shared];
      if (files.length === 0) return { context: undefined, key: '' };
      const key = files.map(stampOf).join('\n');
      const known = kept.get(key);
      if (known !== undefined) return { context: known, key };
      const context = build(own, shared);
      if (kept.size >= 16) kept.clear();
      kept.set(key, context);
      return { context, key };
    },
  };
}

/** Certificate files in a registry's directory. */
function filesOf(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => /\.(crt|cert|key)$/.test(name))
    .sort()
    .map((name) => join(directory, name));
}

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return `${file}:${found?.mtimeMs ?? 0}:${found?.size ?? 0}:${found?.ino ?? 0}`;
}

function build(own: readonly string[], shared: readonly string[]): SecureContext {
  const authorities = own.filter((file) => file.endsWith('.crt'));
  const pairs = own
    .filter((file) => file.endsWith('.cert'))
    .map((cert) => ({ cert, key: `${cert.slice(0, -'.cert'.length)}.key` }));
  for (const { cert, key } of pairs) if (!own.includes(key)) throw alone(cert, key);
  for (const file of own) {
    if (file.endsWith('.key') && !pairs.some(({ key }) => key === file)) {
      throw alone(file, `${file.slice(0, -'.key'.length)}.cert`);
    }
  }
  const known = new Set(rootCertificates.map(bare));
  const more = shared
    .flatMap((file) => certificatesIn(read(file, true)))
    .filter((one) => !known.has(bare(one)));
  try {
    return createSecureContext({
      ca: [...rootCertificates, ...new Set(more), ...authorities.map((file) => read(file, false))],
      ...(pairs.length === 0
        ? {}
        : {
            cert: pairs.map(({ cert }) => read(cert, false)),
            key: pairs.map(({ key }) => read(key, false)),
          }),
    });
  } catch (cause) {
    if (cause instanceof TcomposeError) throw cause;
    throw new TcomposeError(
      'REGISTRY_CONFIG',
      `the certificates in ${[...own, ...shared].join(', ')} cannot be used: ${(cause as Error).message}`,
      { cause },
    );
  }
}

const bare = (pem: string): string => pem.replace(/\s+/g, '');

function certificatesIn(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function read(file: string, optional: boolean): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (optional) return '';
    throw new TcomposeError('REGISTRY_CONFIG', `${file} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

const alone = (file: string, missing: string): TcomposeError =>
  new TcomposeError('REGISTRY_CONFIG', `${file} is there, but ${missing} is not`, {
    hint: 'A client certificate needs both: NAME.cert and NAME.key.',
  });
