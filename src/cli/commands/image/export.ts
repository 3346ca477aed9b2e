import { notYetCommand } from '../../not-yet.ts';

export const command = notYetCommand('export', "Export a container's file system as a tar archive");
