/** The global flags of one run, with their environment variables taken into account where the command line is silent. */
export interface GlobalOptions {
  readonly files: readonly string[];
  readonly projectName: string | undefined;
  readonly projectDirectory: string | undefined;
  readonly profiles: readonly string[];
  readonly envFiles: readonly string[];
  readonly progress: 'auto' | 'tty' | 'plain' | 'json' | 'quiet';
  readonly ansi: 'never' | 'always' | 'auto';
  readonly parallel: number;
  readonly dryRun: boolean;
  readonly allResources: boolean;
  readonly compatibility: boolean;
  /** Registries that compose files are fetched from without TLS. */
  readonly insecureRegistries: readonly string[];
  readonly verbose: boolean;
}
