const families = [
  ['vnd.docker.image.rootfs.diff.tar.gzip', 'vnd.oci.image.layer.v1.tar+gzip'],
  ['vnd.docker.image.rootfs.diff.tar', 'vnd.oci.image.layer.v1.tar'],
] as const;

/** A layer is the same whichever of the two families of media types it is listed by: by OCI's. */
export const ociLayerType = (mediaType: string): string => listed(mediaType, 0, 1);

/** By Docker's, where that has one. */
export const dockerLayerType = (mediaType: string): string => listed(mediaType, 1, 0);

function listed(mediaType: string, from: 0 | 1, to: 0 | 1): string {
  const found = families.find((types) => mediaType === `application/${types[from]}`);
  return found === undefined ? mediaType : `application/${found[to]}`;
}
