import { StringDecoder } from 'node:string_decoder';

/**
 * Splits a byte stream into lines. UTF-8 sequences and lines may be split anywhere between chunks; a carriage return
 * before the newline is dropped. `flush` emits a last line without a newline.
 */
export function lineSplitter(emit: (line: string) => void): { push(bytes: Buffer): void; flush(): void } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const out = (line: string) => emit(line.endsWith('\r') ? line.slice(0, -1) : line);
  return {
    push(bytes) {
      const lines = (rest + decoder.write(bytes)).split('\n');
      rest = lines.pop()!;
      for (const line of lines) out(line);
    },
    flush() {
      rest += decoder.end();
      if (rest !== '') out(rest);
      rest = '';
    },
  };
}
