import { describe, expect, it } from 'vitest';
import { asRoot, install, packageProgram, size, sysctl, writeFile } from '../../../src/doctor/ground.ts';
import { ann, root } from './machine.ts';

describe('commands', () => {
  it('are written for who types them', () => {
    expect(asRoot(root, 'x')).toBe('x');
    expect(asRoot(ann, 'x')).toBe('sudo x');
    expect(sysctl(root, 'a.b', 1)).toBe(
      "echo 'a.b = 1' >> /etc/sysctl.d/60-tcompose.conf && sysctl -p /etc/sysctl.d/60-tcompose.conf",
    );
    expect(sysctl(ann, 'a.b', 1)).toBe(
      "echo 'a.b = 1' | sudo tee -a /etc/sysctl.d/60-tcompose.conf && sudo sysctl -p /etc/sysctl.d/60-tcompose.conf",
    );
    expect(writeFile(root, 't', '/f')).toBe("printf 't' > /f");
    expect(writeFile(ann, 't', '/f')).toBe("printf 't' | sudo tee /f");
  });

  it.each([
    ['ID=debian', 'apt-get'],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"', 'apt-get'],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', 'dnf'],
    ['ID=alpine', 'apk'],
    ['ID=arch', 'pacman'],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"', 'zypper'],
    ['NAME=x\nVERSION_ID=debian', undefined],
    ['', undefined],
  ])('install by the package program of %j', (text, expected) => {
    expect(packageProgram(text)).toBe(expected);
    const command = install({ ...ann, packages: packageProgram(text) }, 'pasta');
    expect(command === undefined).toBe(expected === undefined);
    if (expected !== undefined) expect(command).toMatch(new RegExp(`^sudo ${expected} .*passt$`));
  });

  it('give sizes as people write them', () => {
    expect([0, 999, 1500, 123_456_789, 5e13].map(size)).toEqual([
      '0 B',
      '999 B',
      '1.5 kB',
      '123 MB',
      '50.0 TB',
    ]);
  });
});
