// Images of many layers and files, made of a directory of this machine: the same files in each, and one more file a layer, so that no two
// images share a layer. Nothing has to be deleted between two pulls then, which some file systems are slow for minutes after.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const largestFile = 1_500_000;

/** Of the regular files below `source`, in order, about `count` with about `bytes` in all: every n-th, and none larger than fits. */
export function chooseFiles(source, count, bytes) {
  const all = [];
  const walk = (directory) => {
    for (const entry of readdirSync(join(source, directory), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) {
        const { size } = lstatSync(join(source, path));
        if (size <= largestFile) all.push({ path, size });
      }
    }
  };
  walk('');
  const step = Math.max(1, all.length / count);
  const sample = [];
  for (let at = 0; at < all.length && sample.length < count; at += step) sample.push(all[Math.floor(at)]);
  // The largest files go, as many as it takes.
  const sum = (list) => list.reduce((total, { size }) => total + size, 0);
  const sizes = sample.map(({ size }) => size).sort((a, b) => b - a);
  let total = sum(sample);
  let most = largestFile;
  for (const size of sizes) {
    if (total <= bytes) break;
    total -= size;
    most = size - 1;
  }
  return sample.filter(({ size }) => size <= most);
}

/** The files' paths, and their directories' before them, as archivers list them. */
function withParents(files) {
  const listed = new Set();
  for (const { path } of files) {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) listed.add(path.slice(0, at));
    listed.add(path);
  }
  return [...listed];
}

async function digestOf(file, unpacked) {
  const hash = createHash('sha256');
  const parts = [createReadStream(file), ...(unpacked ? [createGunzip()] : [])];
  await pipeline(...parts, async (chunks) => {
    for await (const chunk of chunks) hash.update(chunk);
  });
  return `sha256:${hash.digest('hex')}`;
}

/**
 * An image in `directory` as an OCI layout with a manifest.json beside it, which `docker load` and all others take.
 * `{directory, layers, config, manifest}`: descriptors, with the blobs' files.
 */
export async function makeImage(directory, { source, files, layers: count, mark, name }) {
  const blobs = join(directory, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const layers = [];
  for (let index = 0; index < count; index++) {
    const own = files.slice((index * files.length) / count, ((index + 1) * files.length) / count);
    const marks = join(directory, 'marks');
    mkdirSync(marks, { recursive: true });
    writeFileSync(join(marks, `layer-${index}`), `${mark} ${index}\n`);
    const list = join(directory, 'list');
    writeFileSync(list, withParents(own).join('\n'));
    const file = join(directory, `layer-${index}`);
    execFileSync('sh', [
      '-c',
      'tar -C "$1" --no-recursion -T "$2" -C "$3" -cf - "layer-$4" | gzip -6 -n >"$5"',
      'sh',
      ...[source, list, marks, String(index), file],
    ]);
    const [digest, diffId] = [await digestOf(file, false), await digestOf(file, true)];
    const path = join(blobs, digest.slice(7));
    execFileSync('mv', [file, path]);
    layers.push({ digest, diffId, size: statSync(path).size, path });
  }
  execFileSync('rm', ['-rf', join(directory, 'marks'), join(directory, 'list')]);
  const put = (value) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const path = join(blobs, digest.slice(7));
    writeFileSync(path, bytes);
    return { digest, size: bytes.length, path };
  };
  const config = put({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    created: '2026-01-01T00:00:00Z',
    config: { Cmd: ['/bin/true'] },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const kind = 'application/vnd.oci.image';
  const manifest = put({
    schemaVersion: 2,
    mediaType: `${kind}.manifest.v1+json`,
    config: { mediaType: `${kind}.config.v1+json`, digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size }) => ({ mediaType: `${kind}.layer.v1.tar+gzip`, digest, size })),
  });
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(
    join(directory, 'index.json'),
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${kind}.index.v1+json`,
      manifests: [
        {
          mediaType: `${kind}.manifest.v1+json`,
          digest: manifest.digest,
          size: manifest.size,
          annotations: {
            'io.containerd.image.name': name,
            'org.opencontainers.image.ref.name': name.split(':').at(-1),
          },
        },
      ],
    }),
  );
  const inside = ({ digest }) => `blobs/sha256/${digest.slice(7)}`;
  writeFileSync(
    join(directory, 'manifest.json'),
    JSON.stringify([{ Config: inside(config), RepoTags: [name], Layers: layers.map(inside) }]),
  );
  return { directory, name, layers, config, manifest };
}

/** The image as one file, for `load`. */
export function archiveOf(image, file) {
  execFileSync('tar', [
    '-C',
    image.directory,
    '-cf',
    file,
    'blobs',
    'index.json',
    'manifest.json',
    'oci-layout',
  ]);
  return file;
}
