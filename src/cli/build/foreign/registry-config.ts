/** Names of base images in a Dockerfile; names with variables are skipped. */
const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)/gim;

/** The key of Docker Hub where credentials are stored. */
const hub = 'https://index.docker.io/v1/';

/**
 * The header `X-Registry-Config` with credentials for the registries of a Dockerfile's images.
 * @param registry headers for an image, of which `X-Registry-Auth` is used
 */
export async function registryConfig(
  dockerfile: string | undefined,
  registry: (image: string) => Promise<Readonly<Record<string, string>>>,
): Promise<Readonly<Record<string, string>>> {
  const images = [...(dockerfile ?? '').matchAll(from)].flatMap(([, image = '']) =>
    image === 'scratch' || image.includes('$') ? [] : [image],
  );
  const table: Record<string, unknown> = {};
  for (const image of new Set(images)) {
    const { 'X-Registry-Auth': auth } = await registry(image).catch(
      (): Readonly<Record<string, string>> => ({}),
    );
    if (auth !== undefined)
      table[hostOf(image)] = JSON.parse(Buffer.from(auth, 'base64url').toString('utf8'));
  }
  if (Object.keys(table).length === 0) return {};
  return { 'X-Registry-Config': Buffer.from(JSON.stringify(table)).toString('base64url') };
}

function hostOf(image: string): string {
  const [first = '', second] = image.split('/', 2);
  return second !== undefined && (/[.:]/.test(first) || first === 'localhost') && first !== 'docker.io'
    ? first
    : hub;
}
