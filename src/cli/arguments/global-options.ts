/** The global options of one run, from the command line and otherwise from environment variables. */
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
  /** Registries from which compose files are fetched without TLS. */
  readonly insecureRegistries: readonly string[];
  readonly verbose: boolean;
}
