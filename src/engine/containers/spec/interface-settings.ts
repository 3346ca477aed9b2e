import type { EndpointSettings } from '../../api/network.ts';
import { badParameter } from '../../http/failure.ts';

/** Driver option of an endpoint with the name of its interface in the container. */
const nameOption = 'com.docker.network.endpoint.ifname';

/** The name that a request gives to an interface. */
export const askedInterfaceName = ({ DriverOpts }: EndpointSettings): string | undefined =>
  DriverOpts?.[nameOption] || undefined;

/**
 * Checks what a request says about an interface, before anything is made: the kernel would only report EINVAL.
 * @throws TcomposeError ENGINE_BAD_PARAMETER
 */
export function checkInterface(settings: EndpointSettings): void {
  checkMacAddress(settings.MacAddress);
  const name = askedInterfaceName(settings);
  if (name !== undefined && (!/^[^/:\s]{1,15}$/.test(name) || ['.', '..', 'lo'].includes(name)))
    throw badParameter(
      `invalid interface name: ${name}`,
      'it has 15 characters at most, none of them / or :',
    );
}

function checkMacAddress(text: string | undefined): void {
  if (!text) return;
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text))
    throw badParameter(`invalid MAC address: ${text}`, 'it looks like 02:42:ac:11:00:02');
  if ((Number.parseInt(text.slice(0, 2), 16) & 1) === 1)
    throw badParameter(
      `invalid MAC address: ${text} belongs to a group`,
      'the first byte of an interface’s address must be even',
    );
  if (/^[0:]+$/.test(text)) throw badParameter(`invalid MAC address: ${text}`);
}
