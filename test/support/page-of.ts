import { get } from 'node:http';

/**
 * The page at `path`, over a connection of its own. Rejects with the connection's error, or ECUT when it ended without one
 * before the page was whole (`fetch` may wait for ever for that).
 */
export function pageOf(host: string, port: number, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = get({ host: host.replace(/[[\]]/g, ''), port, path, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => resolve(text));
      answer.on('error', reject);
    });
    asking.on('error', reject);
    asking.on('close', () => reject(Object.assign(new Error('cut'), { code: 'ECUT' })));
  });
}
