import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * An npm registry on the loopback that has the packages of these directories and nothing else, so that an installation
 * needs no other machine. Serves until `close`.
 */
export async function localRegistry(directories: readonly string[]) {
  const scratch = mkdtempSync(join(tmpdir(), 'tcompose-registry-'));
  const packages = directories.map((directory, index) => {
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
    const file = join(scratch, `${index}.tgz`);
    execFileSync('tar', ['-czf', file, '--transform', 's,^[.],package,', '-C', directory, '.']);
    return { manifest, bytes: readFileSync(file) };
  });
  rmSync(scratch, { recursive: true });
  const known = (name: string) => packages.some(({ manifest }) => manifest.name === name);

  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    const archive = packages[Number(/^(\d+)\.tgz$/.exec(path)?.[1] ?? -1)];
    if (archive !== undefined) return void response.end(archive.bytes);
    const index = packages.findIndex(({ manifest }) => manifest.name === path);
    if (index < 0) return void response.writeHead(404).end('{"error":"not here"}');
    const { manifest, bytes } = packages[index]!;
    const version = {
      ...manifest,
      optionalDependencies: Object.fromEntries(
        Object.entries(manifest.optionalDependencies ?? {}).filter(([name]) => known(name)),
      ),
      dist: {
        tarball: `${url()}${index}.tgz`,
        integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
      },
    };
    response.setHeader('Content-Type', 'application/json').end(
      JSON.stringify({
        name: manifest.name,
        'dist-tags': { latest: manifest.version },
        versions: { [manifest.version]: version },
      }),
    );
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: url(),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
