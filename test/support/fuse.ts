import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, read, writeSync } from 'node:fs';

const [attributeSize, headIn, headOut] = [88, 40, 16];
const [lookup, forget, getattr, statfs, init, opendir, readdir, releasedir] = [1, 2, 3, 17, 26, 27, 28, 29];
const [ENOENT, ENOSYS] = [2, 38];
const [rootNode, fileNode] = [1n, 2n];

/**
 * A file system whose changes the kernel knows nothing of, as those of a network: one directory with one file. Whoever looks at it from
 * this process waits for itself.
 */
export class FuseMount {
  readonly #fd: number;
  readonly #at: string;
  readonly #name: string;
  #size = 0n;

  /** Mounts it. */
  static async at(directory: string, name: string): Promise<FuseMount> {
    const mount = new FuseMount(directory, name);
    await mount.#mount();
    mount.#serve(Buffer.alloc(256 * 1024));
    return mount;
  }

  private constructor(directory: string, name: string) {
    this.#at = directory;
    this.#name = name;
    this.#fd = openSync('/dev/fuse', constants.O_RDWR);
  }

  /** The file has so many bytes, since another machine has written it. */
  grow(size: number): void {
    this.#size = BigInt(size);
  }

  close(): void {
    spawnSync('umount', ['-l', this.#at]);
    closeSync(this.#fd);
  }

  #mount(): Promise<void> {
    const options = 'fd=3,rootmode=40000,user_id=0,group_id=0,allow_other';
    const child = spawn('mount', ['-i', '-t', 'fuse', '-o', options, 'elsewhere', this.#at], {
      stdio: ['ignore', 'ignore', 'inherit', this.#fd],
    });
    return new Promise((resolve, reject) =>
      child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`mount ended with ${code}`)))),
    );
  }

  #serve(request: Buffer): void {
    read(this.#fd, request, 0, request.length, null, (error, size) => {
      // It is mounted no more.
      if (error !== null || size < headIn) return;
      if (request.readUInt32LE(4) !== forget) this.#answer(request.subarray(0, size));
      this.#serve(request);
    });
  }

  #answer(request: Buffer): void {
    const body = this.#bodyFor(request);
    const data = typeof body === 'number' ? Buffer.alloc(0) : body;
    const answer = Buffer.alloc(headOut + data.length);
    answer.writeUInt32LE(answer.length, 0);
    answer.writeInt32LE(typeof body === 'number' ? -body : 0, 4);
    request.copy(answer, 8, 8, 16);
    data.copy(answer, headOut);
    try {
      writeSync(this.#fd, answer);
    } catch {
      // Whoever asked is gone.
    }
  }

  /** The answer, or an error number. */
  #bodyFor(request: Buffer): Buffer | number {
    const node = request.readBigUInt64LE(16);
    switch (request.readUInt32LE(4)) {
      case init: {
        const body = Buffer.alloc(64);
        body.writeUInt32LE(7, 0);
        body.writeUInt32LE(31, 4);
        body.writeUInt32LE(4096, 20);
        return body;
      }
      case lookup: {
        const name = request.toString('utf8', headIn, request.length - 1);
        if (name !== this.#name) return ENOENT;
        const body = Buffer.alloc(40 + attributeSize);
        body.writeBigUInt64LE(fileNode, 0);
        this.#attributes(fileNode).copy(body, 40);
        return body;
      }
      case getattr:
        return Buffer.concat([Buffer.alloc(16), this.#attributes(node)]);
      case statfs:
        return Buffer.alloc(80);
      case opendir:
        return Buffer.alloc(16);
      case readdir:
        return request.readBigUInt64LE(headIn + 8) === 0n ? this.#entry() : Buffer.alloc(0);
      case releasedir:
        return Buffer.alloc(0);
      default:
        return ENOSYS;
    }
  }

  #entry(): Buffer {
    const body = Buffer.alloc(24 + Math.ceil(this.#name.length / 8) * 8);
    body.writeBigUInt64LE(fileNode, 0);
    body.writeBigUInt64LE(1n, 8);
    body.writeUInt32LE(this.#name.length, 16);
    body.write(this.#name, 24);
    return body;
  }

  #attributes(node: bigint): Buffer {
    const body = Buffer.alloc(attributeSize);
    body.writeBigUInt64LE(node, 0);
    body.writeBigUInt64LE(node === rootNode ? 0n : this.#size, 8);
    body.writeUInt32LE(node === rootNode ? 0o040755 : 0o100644, 60);
    body.writeUInt32LE(1, 64);
    return body;
  }
}
