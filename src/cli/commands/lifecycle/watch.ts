import { notYetCommand } from '../../not-yet.ts';

export const command = notYetCommand('watch', 'Watch source files and update containers');
