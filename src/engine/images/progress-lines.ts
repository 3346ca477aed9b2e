import type { LayerState, TransferProgress } from './transfer-progress.ts';

const states: Readonly<Record<LayerState, string>> = {
  queued: 'Pulling fs layer',
  waiting: 'Waiting',
  verifying: 'Verifying Checksum',
  downloaded: 'Download complete',
  complete: 'Pull complete',
  exists: 'Already exists',
  preparing: 'Preparing',
  pushed: 'Pushed',
  remote: 'Layer already exists',
};

const working = { downloading: 'Downloading', extracting: 'Extracting', pushing: 'Pushing' } as const;

/** The lines, each ended by CRLF, that Docker's clients get for an event (moby's streamformatter). Pure. */
export function progressLines(progress: TransferProgress): string[] {
  switch (progress.kind) {
    case 'pulling':
      return [line({ status: `Pulling from ${progress.path}`, id: progress.reference })];
    case 'pushing':
      return [line({ status: `The push refers to repository [${progress.repository}]` })];
    case 'layer':
      return [line({ status: states[progress.state], progressDetail: {}, id: progress.id })];
    case 'bytes': {
      const { current, total } = progress;
      const detail = { status: working[progress.state], progressDetail: { current, total } };
      return [line({ ...detail, progress: progressBar(current, total), id: progress.id })];
    }
    case 'retry':
      return [retryLine(progress)];
    case 'mounted':
      return [line({ status: `Mounted from ${progress.from}`, progressDetail: {}, id: progress.id })];
    case 'builtin':
      return [line({ status: `Status: Image is up to date for ${progress.reference}` })];
    case 'asked':
      return [line({ tcompose: { asked: progress.text } })];
    case 'warning':
      return [line({ status: `WARNING: ${progress.text}` })];
    case 'pulled':
      return [digestLine(progress.digest), statusLine(progress)];
    case 'digest':
      return [digestLine(progress.digest)];
    case 'status':
      return [statusLine(progress)];
    case 'pushed': {
      const { tag, digest, size } = progress;
      return [
        line({ status: `${tag}: digest: ${digest} size: ${size}` }),
        line({ progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: size } }),
      ];
    }
  }
}

const digestLine = (digest: string): string => line({ status: `Digest: ${digest}` });

function statusLine({ newer, reference }: { readonly newer: boolean; readonly reference: string }): string {
  const words = newer ? 'Downloaded newer image for' : 'Image is up to date for';
  return line({ status: `Status: ${words} ${reference}` });
}

function retryLine({ id, ms, why }: TransferProgress & { kind: 'retry' }): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  const status = `Retrying in ${seconds} second${seconds === 1 ? '' : 's'}`;
  return id === undefined ? line({ status: `${status} (${why})` }) : line({ status, progressDetail: {}, id });
}

/** The last line of a failed stream. `code` and `hint` are in fields that Docker's clients ignore. */
export function errorLine(message: string, more: { readonly code?: string; readonly hint?: string }): string {
  const { code, hint } = more;
  const tcompose = code === undefined ? {} : { tcompose: { code, ...(hint === undefined ? {} : { hint }) } };
  return line({ errorDetail: { message, ...tcompose }, error: message });
}

/** JSON as Go's encoder writes it: characters that are special in HTML are escaped. */
export function line(value: object): string {
  const json = JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${json}\r\n`;
}

/** `[====>      ]  32.77kB/1.502MB`: as wide as on a terminal of 200 columns, which dockerd assumes. */
export function progressBar(current: number, total: number): string {
  if (current <= 0 && total <= 0) return '';
  const now = humanSize(current).padStart(8);
  if (total <= 0) return now;
  const half = Math.min(50, Math.trunc(Math.trunc((current / total) * 100) / 2));
  const numbers = current > total ? now : `${now}/${humanSize(total)}`;
  return `[${'='.repeat(half)}>${' '.repeat(50 - half)}] ${numbers}`;
}

/** Four digits and a decimal unit: `1.502MB` (go-units). */
export function humanSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(4))}${units[unit]}`;
}
