import { badParameter } from '../../http/failure.ts';

/**
 * Checks the address that a request gives an interface, before anything is made: the kernel would only say EINVAL.
 * @throws TcomposeError ENGINE_BAD_PARAMETER
 */
export function checkMacAddress(text: string | undefined): void {
  if (!text) return;
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text))
    throw badParameter(`invalid MAC address: ${text}`, 'it looks like 02:42:ac:11:00:02');
  if ((Number.parseInt(text.slice(0, 2), 16) & 1) === 1)
    throw badParameter(
      `invalid MAC address: ${text} is that of a group`,
      'the first byte of an interface’s is even',
    );
  if (/^[0:]+$/.test(text)) throw badParameter(`invalid MAC address: ${text}`);
}
