import { stat as lookUp, readFile } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import { TcomposeError } from '../../errors.ts';
import type { ServiceBuild } from '../../project/builds/plan-builds.ts';
import type { CliContext } from '../context.ts';

/** Texts of the services' Dockerfiles, by service; those that can't be read are reported by the build. */
export async function readDockerfiles(
  services: Readonly<Record<string, Service>>,
): Promise<ReadonlyMap<string, string>> {
  const texts = await Promise.all(
    Object.entries(services).map(async ([name, { build }]): Promise<readonly [string, string][]> => {
      if (build === undefined) return [];
      if (build.dockerfile_inline !== undefined) return [[name, build.dockerfile_inline]];
      if (build.context?.startsWith('/') === false) return [];
      const file = build.dockerfile ?? 'Dockerfile';
      const text = await textOf(isAbsolute(file) ? file : resolve(build.context ?? '.', file));
      return text === undefined ? [] : [[name, text]];
    }),
  );
  return new Map(texts.flat());
}

/** Not for a pipe, which could block. */
async function textOf(path: string): Promise<string | undefined> {
  const stat = await lookUp(path).catch(() => undefined);
  return stat?.isFile() ? readFile(path, 'utf8').catch(() => undefined) : undefined;
}

/**
 * Values of a build's secrets in base64, by the id used in its Dockerfile.
 * @throws TcomposeError BUILD_CONTEXT for a secret without a value
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
    throw new TcomposeError('BUILD_CONTEXT', `the file of secret ${key} cannot be read: ${secret.file}`, {
      cause,
    });
  }
}
