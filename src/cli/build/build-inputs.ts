import { readFile } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { Project } from '../../compose/model/project.ts';
import { TcomposeError } from '../../errors.ts';
import type { ServiceBuild } from '../../project/builds/plan-builds.ts';
import type { CliContext } from '../context.ts';

/** Texts of the Dockerfiles of services, by service; those that can't be read are left for the build to tell of. */
export async function readDockerfiles(
  project: Project,
  services: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const texts = await Promise.all(
    services.map(async (name): Promise<readonly [string, string][]> => {
      const build = project.services[name]?.build;
      if (build === undefined) return [];
      if (build.dockerfile_inline !== undefined) return [[name, build.dockerfile_inline]];
      if (build.context?.startsWith('/') === false) return [];
      const file = build.dockerfile ?? 'Dockerfile';
      const path = isAbsolute(file) ? file : resolve(build.context ?? '.', file);
      const text = await readFile(path, 'utf8').catch(() => undefined);
      return text === undefined ? [] : [[name, text]];
    }),
  );
  return new Map(texts.flat());
}

/**
 * Values of a build's secrets in base64, by the id that its Dockerfile knows them by.
 * @throws TcomposeError BUILD_CONTEXT for one that has no value
 */
export async function readSecrets(
  ctx: Pick<CliContext, 'env'>,
  project: Project,
  build: ServiceBuild,
): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  for (const [id, key] of Object.entries(build.secrets)) {
    const secret = project.secrets[key];
    if (secret === undefined || secret.external === true)
      throw new TcomposeError(
        'BUILD_CONTEXT',
        `the build of service ${build.service} needs the secret ${key}, which is ${secret === undefined ? 'not defined' : 'external'}`,
      );
    values[id] = (await secretValue(ctx, key, secret)).toString('base64');
  }
  return values;
}

async function secretValue(
  ctx: Pick<CliContext, 'env'>,
  key: string,
  secret: Project['secrets'][string],
): Promise<Buffer> {
  if (secret.content !== undefined) return Buffer.from(secret.content);
  if (secret.environment !== undefined) {
    const value = ctx.env[secret.environment];
    if (value !== undefined) return Buffer.from(value);
    throw new TcomposeError(
      'BUILD_CONTEXT',
      `environment variable ${JSON.stringify(secret.environment)} required by secret ${JSON.stringify(key)} is not set`,
    );
  }
  try {
    return await readFile(secret.file ?? '');
  } catch (cause) {
    throw new TcomposeError('BUILD_CONTEXT', `the file of secret ${key} can not be read: ${secret.file}`, {
      cause,
    });
  }
}
