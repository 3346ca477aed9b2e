// distribution's registry on the loopback, and what curl does to it.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { endChild, readyOrThrow } from './peer-tree.mjs';

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An empty registry that keeps its blobs below `directory`. `{host, close}` */
export async function startRegistry(tree, directory) {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const config = join(directory, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: ${directory}/data}, delete: {enabled: true}}\nhttp: {addr: "127.0.0.1:${port}"}\n`,
  );
  const [program, ...args] = tree.words('docker-registry', 'serve', config);
  const child = spawn(program, args, {
    stdio: 'ignore',
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  });
  const host = `127.0.0.1:${port}`;
  await readyOrThrow(child, 'docker-registry', () =>
    fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return { host, close: () => endChild(child) };
}

/** Sends an image's blobs by curl, all at once, then its manifest: what a push can't be faster than. */
export function pushByCurl(image, host, repository, tag) {
  const base = `http://${host}/v2/${repository}`;
  const one =
    'at=$(curl -sfi -X POST "$2/blobs/uploads/" | tr -d "\\r" | sed -n "s/^[Ll]ocation: //p"); case $at in *\\?*) j="&";; *) j="?";; esac; ' +
    'curl -sf -X PUT -H "Content-Type: application/octet-stream" -T "$1" "$at${j}digest=$3" >/dev/null || echo "failed $3" >&2';
  const script = [
    'set -e',
    ...[...image.layers, image.config].map(
      ({ path, digest }) => `(set -- '${path}' '${base}' '${digest}'; ${one}) &`,
    ),
    'wait',
    `curl -sf -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary '@${image.manifest.path}' '${base}/manifests/${tag}'`,
  ].join('\n');
  execFileSync('sh', ['-c', script], { stdio: ['ignore', 'ignore', 'inherit'] });
  return readFileSync(image.manifest.path).length;
}

/** Fetches and unpacks an image's layers by curl and tar, all at once, each into a directory of its own, synced at the end. */
export function pullByCurl(image, host, repository, directory) {
  mkdirSync(directory, { recursive: true });
  const script = [
    ...image.layers.map(
      ({ digest }, index) =>
        `(mkdir '${directory}/${index}' && curl -sf 'http://${host}/v2/${repository}/blobs/${digest}' | tar xzpf - -C '${directory}/${index}') &`,
    ),
    'wait',
    `sync -f '${directory}'`,
  ].join('\n');
  execFileSync('sh', ['-c', script], { stdio: ['ignore', 'ignore', 'inherit'] });
}
