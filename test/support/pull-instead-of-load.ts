import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The engine's API with `POST /images/load` carried out as a pull, and how many images were pulled. */
export interface PullProxy {
  readonly pulls: () => number;
  close(): void;
}

interface Layout {
  readonly manifest: Buffer;
  readonly mediaType: string;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

/** Regular members of a plain ustar archive by name: what the archives of these tests are on the outside. */
function membersOf(tar: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const text = (from: number, length: number) =>
      tar.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    found.set(text(0, 100).replace(/^\.\//, ''), tar.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

function layoutOf(tar: Buffer): Layout {
  const members = membersOf(tar);
  const index = JSON.parse(members.get('index.json')!.toString()) as {
    manifests: { digest: string; mediaType: string }[];
  };
  const blobs = new Map<string, Buffer>();
  for (const [name, bytes] of members) {
    const [, algorithm, hex] = /^blobs\/(\w+)\/(\w+)$/.exec(name) ?? [];
    if (hex !== undefined) blobs.set(`${algorithm}:${hex}`, bytes);
  }
  const { digest, mediaType } = index.manifests[0]!;
  return { manifest: blobs.get(digest)!, mediaType, blobs };
}

const read = async (message: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

/** Serves at `path`; what is loaded comes as an OCI layout in a tar, and is pulled from a registry that has nothing else. */
export async function pullInsteadOfLoad(engine: string, path: string): Promise<PullProxy> {
  let layout: Layout | undefined;
  let pulls = 0;
  const registry = createServer((incoming, answer) => {
    const [, kind, name = ''] = /^\/v2\/case\/(manifests|blobs)\/(.+)$/.exec(incoming.url ?? '') ?? [];
    const bytes = kind === 'manifests' ? layout?.manifest : layout?.blobs.get(name);
    if (kind === undefined) return void answer.end('{}');
    if (bytes === undefined) return void answer.writeHead(404).end('{"errors":[{"code":"BLOB_UNKNOWN"}]}');
    if (kind === 'manifests') {
      answer.setHeader('docker-content-digest', `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
      answer.setHeader('content-type', layout!.mediaType);
    }
    answer.setHeader('content-length', bytes.length);
    answer.end(incoming.method === 'HEAD' ? undefined : bytes);
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  const repository = `127.0.0.1:${(registry.address() as AddressInfo).port}/case`;

  const server = createServer((incoming, answer) => {
    void (incoming.url?.startsWith('/images/load') ? pulled(incoming, answer) : passed(incoming, answer));
  });

  async function pulled(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    layout = layoutOf(await read(incoming));
    pulls++;
    const tag = `${pulls}`;
    const from = `/images/create?fromImage=${encodeURIComponent(repository)}&tag=${tag}`;
    const reply = await new Promise<IncomingMessage>((resolve, reject) =>
      request({ socketPath: engine, method: 'POST', path: from }, resolve).once('error', reject).end(),
    );
    const text = (await read(reply)).toString();
    const failed = text.split(/\r?\n/).filter((line) => /"(errorDetail|message)"/.test(line));
    answer.writeHead(reply.statusCode ?? 500);
    answer.end(
      failed.length > 0
        ? failed.join('\n')
        : JSON.stringify({ stream: `Loaded image: ${repository}:${tag}\n` }),
    );
  }

  async function passed(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method, url, headers } = incoming;
    const onward = request({ socketPath: engine, method, path: url, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(answer);
    });
    onward.once('error', (error) => answer.destroy(error));
    incoming.pipe(onward);
  }

  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    pulls: () => pulls,
    close() {
      for (const one of [server, registry]) {
        one.closeAllConnections();
        one.close();
      }
    },
  };
}
