import { notYetCommand } from '../../not-yet.ts';

export const command = notYetCommand('commit', "Make an image of a container's changes");
