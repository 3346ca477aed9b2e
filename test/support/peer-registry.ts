import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './engine.ts';

/** How distribution's registry is started here, if it is: by itself, or by `peer`, which runs programs of a tree of peers. */
const command = [['docker-registry'], ['peer', 'docker-registry']].find(
  ([program, of]) => isThere(program!) && (of === undefined || runs(program!, of)),
);

function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

function runs(program: string, of: string): boolean {
  return spawnSync(program, [of, '--version']).status === 0;
}

/** Why tests against it cannot run, or undefined. */
export function whyNoPeerRegistry(): string | undefined {
  if (command === undefined) return 'there is no docker-registry on PATH';
  const missing = ['openssl', 'ip'].find((tool) => !isThere(tool));
  return missing === undefined ? undefined : `there is no ${missing}`;
}

export interface PeerRegistry {
  /** `host:port`. */
  readonly host: string;
  /** Of the authority that signed its certificate, with `tls`. */
  readonly ca: string;
  close(): Promise<void>;
}

/** `user` with the password `secret`, as htpasswd has it (bcrypt). */
const passwords = 'user:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';

/** Serves an empty registry on an address of this process's network. */
export async function startPeerRegistry(options: {
  readonly auth: 'none' | 'basic' | 'token';
  readonly tls?: boolean;
  readonly address: string;
}): Promise<PeerRegistry> {
  const directory = mkdtempSync(join(tmpdir(), 'tcompose-peer-'));
  const at = (name: string): string => join(directory, name);
  const port = await freePort(options.address);
  execFileSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=Peer -addext subjectAltName=IP:${options.address} -keyout ${at('key')} -out ${at('ca.crt')}`.split(
      ' ',
    ),
    { stdio: 'ignore' },
  );
  writeFileSync(at('htpasswd'), passwords);
  const tokens =
    options.auth === 'token' ? await tokenServer(at('key'), at('ca.crt'), options.address) : undefined;
  const auth = {
    none: '',
    basic: `auth:\n  htpasswd:\n    realm: peer\n    path: ${at('htpasswd')}\n`,
    token: `auth:\n  token:\n    realm: ${tokens?.realm}\n    service: peer\n    issuer: peer\n    rootcertbundle: ${at('ca.crt')}\n`,
  }[options.auth];
  const tls = options.tls ? `  tls:\n    certificate: ${at('ca.crt')}\n    key: ${at('key')}\n` : '';
  writeFileSync(
    at('config.yml'),
    `version: 0.1\nlog:\n  level: warn\nstorage:\n  filesystem:\n    rootdirectory: ${at('data')}\nhttp:\n  addr: ${options.address}:${port}\n${tls}${auth}`,
  );
  const [program = '', ...args] = command ?? [];
  const child = spawn(program, [...args, 'serve', at('config.yml')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (part: Buffer) => {
    said += part.toString();
  });
  await until(() => {
    if (child.exitCode !== null) throw new Error(`docker-registry ended: ${said}`);
    return listens(options.address, port);
  }, 'docker-registry to listen');
  return {
    host: `${options.address}:${port}`,
    ca: at('ca.crt'),
    async close() {
      await ended(child);
      tokens?.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Gives tokens for what is asked for to `user`, and to anybody for reading (distribution's token specification). */
async function tokenServer(keyFile: string, certificateFile: string, address: string) {
  const key = createPrivateKey(readFileSync(keyFile));
  const certificate = new X509Certificate(readFileSync(certificateFile)).raw.toString('base64');
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const known = request.headers.authorization === `Basic ${Buffer.from('user:secret').toString('base64')}`;
    if (request.headers.authorization !== undefined && !known) {
      return void response.writeHead(401).end('{"details":"incorrect username or password"}');
    }
    const access = url.searchParams.getAll('scope').map((scope) => {
      const [type, name, actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',').filter((action) => known || action === 'pull') };
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'peer',
      sub: 'user',
      aud: 'peer',
      exp: now + 300,
      nbf: now - 10,
      iat: now,
      jti: `${Math.random()}`,
      access,
    };
    const signed = `${part({ typ: 'JWT', alg: 'ES256', x5c: [certificate] })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    response.end(JSON.stringify({ token: `${signed}.${signature.toString('base64url')}`, expires_in: 300 }));
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    realm: `http://${address}:${(server.address() as AddressInfo).port}/token`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listens(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}
