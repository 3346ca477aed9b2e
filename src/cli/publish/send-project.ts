import { TcomposeError } from '../../errors.ts';
import { parseReference } from '../../image/reference.ts';
import { version as composeVersion } from '../../version.ts';
import type { CliContext } from '../context.ts';
import { registryConnection } from '../remote/registry-connection.ts';
import type { ArtifactFile, OciVersion } from './artifact-manifest.ts';
import { publishImages } from './publish-images.ts';
import { pushArtifact } from './push-artifact.ts';

/** What is published. */
export interface Publication {
  readonly parts: readonly ArtifactFile[];
  /** Images to copy into the repository, too; undefined: none, and no index of them. */
  readonly images: readonly string[] | undefined;
  /** Undefined: whichever the registry accepts. */
  readonly version: OciVersion | undefined;
  /** The registry may be accessed without TLS. */
  readonly insecure: boolean;
}

type Tell = (status: string, state: 'working' | 'done' | 'failed', detail?: string) => void;

/**
 * Uploads a project to a registry, with progress and an orderly end on an interrupt. @throws TcomposeError REGISTRY_*,
 * CLI_INTERRUPTED
 */
export async function sendProject(
  ctx: CliContext,
  repository: string,
  { parts, images, version, insecure }: Publication,
): Promise<void> {
  const { domain, path } = parseReference(repository);
  const connection = registryConnection(ctx, [
    ...ctx.globals.insecureRegistries,
    ...(insecure ? [domain] : []),
  ]);
  const gone = new AbortController();
  const { signal } = gone;
  const release = ctx.onInterrupt(() => gone.abort());
  const renderer = await ctx.renderer();
  const teller =
    (kind: 'project' | 'image', name: string): Tell =>
    (status, state, detail) => {
      const more = detail === undefined ? {} : { detail };
      renderer.emit({ type: 'progress', kind, name, status, state, at: ctx.now(), ...more });
    };
  const resources = (images ?? []).map((image) => ({ kind: 'image', name: shown(image) }) as const);
  renderer.emit({ type: 'begin', resources: [{ kind: 'project', name: repository }, ...resources] });
  try {
    await told(teller('project', repository), ['Publishing', 'Published'], async () => {
      const registry = await connection.open(domain);
      const created = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
      const pushed = await pushArtifact(repository, parts, registry, {
        version,
        created,
        composeVersion,
        signal,
      });
      const target = { registry, path, what: repository, signal };
      if (images !== undefined)
        await publishImages(images, pushed, target, {
          open: (other) => connection.open(other),
          composeVersion,
          each: (image, copy) => told(teller('image', shown(image)), ['Copying', 'Copied'], copy),
        });
      return pushed;
    });
  } catch (error) {
    if (signal.aborted) throw new TcomposeError('CLI_INTERRUPTED', 'interrupted', { exitCode: 130 });
    throw error;
  } finally {
    release();
    connection.close();
    await renderer.close();
  }
}

/** A pinned image, shown with its tag. */
const shown = (image: string): string => image.replace(/(:[^:/@]+)@.*$/, '$1');

/** Reports a piece of work that ends with something in the registry. */
async function told<T extends { readonly digest: string }>(
  tell: Tell,
  [begun, ended]: readonly [string, string],
  work: () => Promise<T>,
): Promise<T> {
  tell(begun, 'working');
  try {
    const done = await work();
    tell(ended, 'done', done.digest);
    return done;
  } catch (error) {
    tell('Error', 'failed');
    throw error;
  }
}
