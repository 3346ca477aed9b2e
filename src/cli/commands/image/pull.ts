import { notYetCommand } from '../../not-yet.ts';

export const command = notYetCommand('pull', 'Pull service images');
