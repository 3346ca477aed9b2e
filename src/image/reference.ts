import { TcomposeError } from '../errors.ts';

/**
 * An image name taken apart. Grammar and defaults are those of the distribution project's reference package: a first
 * component with a dot, a colon or an upper-case letter, or `localhost`, is a domain; without a domain the default one
 * is meant, where a single component is in `library/`.
 */
export interface ImageReference {
  /** `registry.example:5000`, or the default domain. */
  readonly domain: string;
  /** Path in the domain, `library/busybox`. */
  readonly path: string;
  readonly tag?: string;
  /** `sha256:<64 hex>`. */
  readonly digest?: string;
}

const defaultDomain = 'docker.io';
const legacyDefaultDomain = 'index.docker.io';
const officialPrefix = 'library/';
const defaultTag = 'latest';

const domainPattern =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const pathPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const hexLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };
const maxNameLength = 255;

/**
 * Parses a familiar or full image name.
 * @throws TcomposeError IMAGE_REFERENCE with the rule that the name breaks.
 */
export function parseReference(text: string): ImageReference {
  const fail = (why: string): never => {
    throw invalid(`"${text}": ${why}`);
  };
  if (text === '') fail('it is empty');
  if (/^[0-9a-f]{64}$/.test(text)) fail('64 hexadecimal digits are an image id, not a name');

  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined) checkDigest(digest, fail);
  const nameAndTag = at < 0 ? text : text.slice(0, at);

  const { domain, rest } = splitDomain(nameAndTag);
  const colon = rest.indexOf(':');
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  let path = colon < 0 ? rest : rest.slice(0, colon);

  if (!domainPattern.test(domain)) fail(`"${domain}" is not a domain`);
  if (path === '') fail('the name is missing');
  if (path !== path.toLowerCase()) {
    const whole = domain === defaultDomain && !path.includes('/') ? officialPrefix + path : path;
    throw invalid(`repository name (${whole}) must be lowercase`);
  }
  if (!pathPattern.test(path)) fail(`"${path}" is not a repository name`);
  if (tag !== undefined && !tagPattern.test(tag)) fail(`"${tag}" is not a tag`);
  if (domain === defaultDomain && !path.includes('/')) path = officialPrefix + path;
  if (domain.length + 1 + path.length > maxNameLength)
    fail(`repository name must not be more than ${maxNameLength} characters`);
  return { domain, path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

const invalid = (why: string): TcomposeError =>
  new TcomposeError('IMAGE_REFERENCE', `invalid reference format: ${why}`, {
    hint: 'A name looks like [domain[:port]/]path[:tag][@digest], in lower case.',
  });

/** The domain of a name, and the rest after it. */
function splitDomain(name: string): { domain: string; rest: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isDomain =
    slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  if (!isDomain) return { domain: defaultDomain, rest: name };
  return { domain: first === legacyDefaultDomain ? defaultDomain : first, rest: name.slice(slash + 1) };
}

function looksLikeDomain(component: string): boolean {
  return /[.:]/.test(component) || component === 'localhost' || component !== component.toLowerCase();
}

function checkDigest(digest: string, fail: (why: string) => never): void {
  if (!digestPattern.test(digest)) fail(`"${digest}" is not a digest`);
  const colon = digest.indexOf(':');
  const algorithm = digest.slice(0, colon);
  const expected = hexLengths[algorithm];
  if (expected === undefined) fail(`unsupported digest algorithm "${algorithm}"`);
  const hex = digest.slice(colon + 1);
  if (hex.length !== expected || hex !== hex.toLowerCase())
    fail(`a ${algorithm} digest has ${expected} lower-case hexadecimal digits`);
}

/** The reference with `:latest` added when it has neither tag nor digest. */
export function withDefaultTag(reference: ImageReference): ImageReference {
  return reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: defaultTag }
    : reference;
}

/** Full form, one spelling for each image: `docker.io/library/busybox:latest`. */
export function formatReference(reference: ImageReference): string {
  return `${reference.domain}/${reference.path}${suffix(reference)}`;
}

/** Short form as people write it: `busybox:latest`. Parsing it gives the same reference again. */
export function familiarReference(reference: ImageReference): string {
  return familiarName(reference) + suffix(reference);
}

/** Familiar form without tag and digest: `busybox`. */
export function familiarName(reference: ImageReference): string {
  if (reference.domain !== defaultDomain) return `${reference.domain}/${reference.path}`;
  const bare = reference.path.slice(officialPrefix.length);
  const official = reference.path.startsWith(officialPrefix) && !bare.includes('/');
  if (official) return bare;
  const [first] = reference.path.split('/');
  return looksLikeDomain(first!) ? `${defaultDomain}/${reference.path}` : reference.path;
}

function suffix(reference: ImageReference): string {
  return `${reference.tag === undefined ? '' : `:${reference.tag}`}${
    reference.digest === undefined ? '' : `@${reference.digest}`
  }`;
}

/** `busybox` → `busybox:latest`: the key under which a tag is stored and shown. @throws IMAGE_REFERENCE */
export function normaliseTag(text: string): string {
  const reference = withDefaultTag(parseReference(text));
  if (familiarName(reference) === 'sha256')
    throw new TcomposeError(
      'IMAGE_REFERENCE',
      'refusing to create an ambiguous tag using digest algorithm as name',
    );
  return familiarReference(reference);
}

/**
 * Repository and tag or digest, separately, as the API wants them: `me/app:1` is `me/app` and `1`. @throws
 * TcomposeError IMAGE_REFERENCE
 */
export function splitReference(text: string): { readonly repo: string; readonly tag: string } {
  const reference = parseReference(text);
  return { repo: familiarName(reference), tag: reference.digest ?? reference.tag ?? defaultTag };
}

/** The repository of a pull. A tag beside a digest is part of it, since the engine keeps such a tag only for display. */
export const pulledRepository = (reference: ImageReference): string =>
  reference.digest !== undefined && reference.tag !== undefined
    ? `${familiarName(reference)}:${reference.tag}`
    : familiarName(reference);

const idPrefix = 'sha256:';

/** Digits of a full image id. */
export const idLength = 64;

/** The digits of an image id or of the beginning of one; undefined for any other text. */
export function idDigits(text: string): string | undefined {
  const digits = text.startsWith(idPrefix) ? text.slice(idPrefix.length) : text;
  return /^[0-9a-f]{1,64}$/.test(digits) ? digits : undefined;
}

/** The digits of an id in the short form of lists. */
export const shortId = (id: string): string => (idDigits(id) ?? id).slice(0, 12);

/**
 * The name by which engines list an image: familiar, with `latest` for a missing tag and without the tag beside a
 * digest. An id stays as it is, and so does a text that is not a reference, since no image can have such a name.
 */
export function listedName(text: string): string {
  if (text.startsWith(idPrefix)) return text;
  try {
    const { tag, ...reference } = withDefaultTag(parseReference(text));
    return familiarReference(
      reference.digest === undefined && tag !== undefined ? { ...reference, tag } : reference,
    );
  } catch (error) {
    if (error instanceof TcomposeError) return text;
    throw error;
  }
}
