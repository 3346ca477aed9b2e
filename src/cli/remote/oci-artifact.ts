import { TcomposeError } from '../../errors.ts';

/** Types of a published compose project (Docker Compose's artifact). */
export const artifactTypes = {
  project: 'application/vnd.docker.compose.project',
  /** Configuration of artifacts for registries without support for artifact types. */
  oldConfig: 'application/vnd.docker.compose.config.empty.v1+json',
  file: 'application/vnd.docker.compose.file+yaml',
  envFile: 'application/vnd.docker.compose.envfile',
} as const;

export const annotations = {
  file: 'com.docker.compose.file',
  version: 'com.docker.compose.version',
  extends: 'com.docker.compose.extends',
  envFile: 'com.docker.compose.envfile',
} as const;

export interface ArtifactLayer {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** The blob in base64, if the manifest contains it. */
  readonly data: string | undefined;
}

/** What a registry's manifest is: a project, or an index that lists one. */
export type Artifact =
  | { readonly kind: 'project'; readonly layers: readonly ArtifactLayer[] }
  | { readonly kind: 'index'; readonly project: string };

/** Most files of a project, and most bytes of one. */
const mostLayers = 200;
const mostBytes = 4 * 1024 * 1024;

/**
 * Reads a manifest or index. `what` names it in errors.
 * @throws TcomposeError COMPOSE_REMOTE when it is not a compose project
 */
export function parseArtifact(bytes: Uint8Array, what: string): Artifact {
  const json = readObject(bytes, what);
  if (Array.isArray(json.manifests)) {
    const entry = json.manifests.find(
      (one: unknown) => isObject(one) && one.artifactType === artifactTypes.project,
    );
    if (!isObject(entry) || typeof entry.digest !== 'string') throw noProject(what, 'an index without one');
    return { kind: 'index', project: entry.digest };
  }
  const config = isObject(json.config) ? json.config : {};
  const type = String(json.artifactType || config.mediaType || json.mediaType || 'something else');
  if (type !== artifactTypes.project && type !== artifactTypes.oldConfig) throw noProject(what, type);
  const layers = Array.isArray(json.layers) ? json.layers : [];
  if (layers.length > mostLayers) throw invalid(what, `it has ${layers.length} layers`);
  return { kind: 'project', layers: layers.map((layer) => layerOf(layer, what)) };
}

function layerOf(layer: unknown, what: string): ArtifactLayer {
  if (!isObject(layer) || typeof layer.digest !== 'string' || typeof layer.size !== 'number')
    throw invalid(what, 'a layer has no digest or size');
  if (!(layer.size >= 0 && layer.size <= mostBytes)) throw invalid(what, `a layer has ${layer.size} bytes`);
  const noted = isObject(layer.annotations) ? layer.annotations : {};
  return {
    mediaType: String(layer.mediaType),
    digest: layer.digest,
    size: layer.size,
    annotations: Object.fromEntries(
      Object.entries(noted).filter((one): one is [string, string] => typeof one[1] === 'string'),
    ),
    data: typeof layer.data === 'string' ? layer.data : undefined,
  };
}

/**
 * The files of a project from its layers' contents: compose files one after the other as documents of one
 * `compose.yaml`, files that they extend and environment files under their names. Layers of other types are ignored.
 * @throws TcomposeError COMPOSE_REMOTE for an unknown name
 */
export function filesOfArtifact(
  layers: readonly { readonly layer: ArtifactLayer; readonly text: string }[],
  what: string,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const documents: string[] = [];
  for (const { layer, text } of layers) {
    const { mediaType, annotations: noted } = layer;
    if (mediaType === artifactTypes.envFile) files.set(fileName(noted[annotations.envFile], what), text);
    else if (mediaType !== artifactTypes.file) continue;
    else if (noted[annotations.extends] === 'true') files.set(fileName(noted[annotations.file], what), text);
    else documents.push(text);
  }
  if (documents.length === 0) throw invalid(what, 'it has no compose file');
  files.set('compose.yaml', documents.join('\n---\n'));
  return files;
}

function fileName(name: string | undefined, what: string): string {
  if (
    name === undefined ||
    !/^[^/\\\0]{1,255}$/.test(name) ||
    name === '.' ||
    name === '..' ||
    name === 'compose.yaml'
  )
    throw invalid(what, `${JSON.stringify(name ?? '')} is not a valid name for one of its files`);
  return name;
}

function readObject(bytes: Uint8Array, what: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (isObject(json)) return json;
  } catch {
    // Reported below.
  }
  throw invalid(what, 'its manifest is not a JSON object');
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const noProject = (what: string, type: string) =>
  new TcomposeError('COMPOSE_REMOTE', `${what} is not a compose project OCI artifact, but ${type}`);

const invalid = (what: string, why: string) =>
  new TcomposeError('COMPOSE_REMOTE', `${what}: invalid OCI artifact: ${why}`);
