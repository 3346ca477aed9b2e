import { notYetCommand } from '../../not-yet.ts';

export const command = notYetCommand('build', 'Build or rebuild services');
