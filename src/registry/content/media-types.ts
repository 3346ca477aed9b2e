/** Media types of the OCI image specification and of Docker's image manifest version 2. */
export const mediaTypes = {
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
} as const;

/** The types to request for a manifest; including schema 1, so that it can be refused by name. */
export const manifestAccept = [
  mediaTypes.ociIndex,
  mediaTypes.dockerIndex,
  mediaTypes.ociManifest,
  mediaTypes.dockerManifest,
  mediaTypes.dockerSchema1Signed,
].join(', ');

export type ManifestKind = 'index' | 'image' | 'schema1';

const kinds: Readonly<Record<string, ManifestKind>> = {
  [mediaTypes.ociIndex]: 'index',
  [mediaTypes.dockerIndex]: 'index',
  [mediaTypes.ociManifest]: 'image',
  [mediaTypes.dockerManifest]: 'image',
  [mediaTypes.dockerSchema1]: 'schema1',
  [mediaTypes.dockerSchema1Signed]: 'schema1',
};

/** The kind of manifest for a media type; undefined for any other type. Parameters and case do not matter. */
export function manifestKind(mediaType: string | undefined): ManifestKind | undefined {
  return kinds[bareType(mediaType ?? '')];
}

/** A media type without parameters, in lower case. */
export function bareType(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase();
}

/** Whether a configuration of this type describes a container image. */
export function isImageConfig(mediaType: string): boolean {
  return mediaType === mediaTypes.dockerConfig || mediaType === mediaTypes.ociConfig;
}

const layerPattern =
  /^application\/vnd\.(?:docker\.image\.rootfs(?:\.foreign)?\.diff\.tar(?:\.gzip|\.zstd)?|oci\.image\.layer(?:\.nondistributable)?\.v1\.tar(?:\+gzip|\+zstd)?)$/;

/** Whether a blob of this type is a file system layer; its compression is determined by its first bytes. */
export function isLayer(mediaType: string): boolean {
  return layerPattern.test(mediaType);
}

/** Whether a layer may not be redistributed: a push omits it if it names another place to fetch it from. */
export function isForeignLayer(mediaType: string): boolean {
  return /\.foreign\.|\.nondistributable\./.test(mediaType);
}
