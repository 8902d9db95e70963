/** From where an address can be reached, as far as its name tells. */
import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('172.16.0.0', 12, 'ipv4');
PRIVATE.addSubnet('192.168.0.0', 16, 'ipv4');
PRIVATE.addSubnet('169.254.0.0', 16, 'ipv4');
PRIVATE.addSubnet('100.64.0.0', 10, 'ipv4');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** `host` without a port; an IPv6 address with or without brackets. */
export function isLoopback(host: string): boolean {
  const bare = bareOf(host);
  return bare === 'localhost' || bare.endsWith('.localhost') || isIn(LOOPBACK, bare);
}

/** Only this machine, or only its network: nobody on the internet gets there. */
export function isPrivate(host: string): boolean {
  const bare = bareOf(host);
  const isLocalName = /\.(local|lan|internal|home\.arpa)$/.test(bare) || !/[.:]/.test(bare);
  return isLoopback(host) || isIn(PRIVATE, bare) || isLocalName;
}

function bareOf(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase();
}

function isIn(list: BlockList, bare: string): boolean {
  const family = isIP(bare);
  return family !== 0 && list.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}
