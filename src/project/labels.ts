/**
 * Label names of Docker Compose, so that its tools and ours see the same projects (semantics: containers, networks,
 * volumes).
 */
export const labels = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneoff: 'com.docker.compose.oneoff',
  configHash: 'com.docker.compose.config-hash',
  image: 'com.docker.compose.image',
  dependsOn: 'com.docker.compose.depends_on',
  workingDir: 'com.docker.compose.project.working_dir',
  configFiles: 'com.docker.compose.project.config_files',
  environmentFile: 'com.docker.compose.project.environment_file',
  version: 'com.docker.compose.version',
  replace: 'com.docker.compose.replace',
  slug: 'com.docker.compose.slug',
  network: 'com.docker.compose.network',
  volume: 'com.docker.compose.volume',
  /** Short hashes of each attribute, so that the reason for recreating can name those that differ. */
  configParts: 'tcompose.config-parts',
  /** Short hashes of the configs and secrets that were copied into the container, which no mount keeps up to date. */
  contentParts: 'tcompose.content-parts',
  /** On an image: it was built with arguments from the command line, which no compose file contains. */
  buildArguments: 'tcompose.build-arguments',
  /** Ids of the containers whose namespaces and volumes it shares: `network=<id>,pid=<id>,volumes=<id>`. */
  sharedWith: 'tcompose.shared-with',
  /**
   * Anonymous volumes that a container took over from its predecessor, comma-separated; an engine takes them for named
   * ones.
   */
  inheritedVolumes: 'tcompose.inherited-volumes',
} as const;
