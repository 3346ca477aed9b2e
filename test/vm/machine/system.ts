import type { Kernel } from './kernel.ts';

/** What a machine runs from the kernel's start to the checks. */
export interface System {
  /** Path of the program that the initial RAM file system hands over to. */
  readonly init: string;
  /** Words for the kernel's command line. */
  readonly commandLine: string;
  /** Path → text of files that go into the root, made before `finish`. */
  readonly files: Readonly<Record<string, string>>;
  /** Kernel folders from which it asks for modules, beside those that tcompose does. */
  readonly moduleFolders: readonly string[];
  /** How often the machine is booted; each boot ends by the machine itself. */
  readonly boots: number;
  /** Puts its programs below the root. */
  readonly install: (root: string) => void;
  /** What is left to do when everything is in the root: rights, owners, indexes. */
  readonly finish: (root: string, kernel: Kernel) => void;
}
