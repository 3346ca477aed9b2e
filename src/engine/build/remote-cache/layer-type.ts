const families = [
  ['vnd.docker.image.rootfs.diff.tar.gzip', 'vnd.oci.image.layer.v1.tar+gzip'],
  ['vnd.docker.image.rootfs.diff.tar', 'vnd.oci.image.layer.v1.tar'],
] as const;

/** The media type of a layer in OCI's family: the layer is the same in both families. */
export const ociLayerType = (mediaType: string): string => listed(mediaType, 0, 1);

/** The media type in Docker's family, if it has one. */
export const dockerLayerType = (mediaType: string): string => listed(mediaType, 1, 0);

function listed(mediaType: string, from: 0 | 1, to: 0 | 1): string {
  const found = families.find((types) => mediaType === `application/${types[from]}`);
  return found === undefined ? mediaType : `application/${found[to]}`;
}
