import { expect, it } from 'vitest';
import { withoutMarks } from '../../../../../src/confined/copy-tree.ts';
import { fuseMounts } from '../../../../../src/engine/containers/host/mount-for-launch.ts';

it('finds what fuse-overlayfs has mounted, and nothing else', () => {
  const mountinfo = [
    '72 1 0:1 / / rw shared:1 - ext4 /dev/vda rw',
    '149 72 0:40 / /run/c/1/root rw,nodev shared:7 - fuse.fuse-overlayfs fuse-overlayfs rw,user_id=0',
    '150 72 0:41 / /my\\040home/run/c/2/root rw - fuse.fuse-overlayfs fuse-overlayfs rw',
    '151 72 0:42 / /run/user/1000/doc rw - fuse.portal portal rw',
    '',
  ].join('\n');
  expect(fuseMounts(mountinfo)).toEqual(['/run/c/1/root', '/my home/run/c/2/root']);
});

it('leaves out the files by which fuse-overlayfs marks a directory', () => {
  expect(withoutMarks(['.wh..opq', 'a', '.wh..wh..opq', '.wh.b'])).toEqual(['a', '.wh.b']);
});
