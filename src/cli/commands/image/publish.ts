import { notYetCommand } from '../../not-yet.ts';

export const command = notYetCommand('publish', 'Publish the application');
