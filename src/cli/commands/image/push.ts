import { notYetCommand } from '../../not-yet.ts';

export const command = notYetCommand('push', 'Push service images');
