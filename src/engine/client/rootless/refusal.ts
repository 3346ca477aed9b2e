import { TcomposeError } from '../../../errors.ts';

/** What the machine says about user namespaces; read by readNamespaceFacts. */
export interface NamespaceFacts {
  /** /proc/sys/user/max_user_namespaces */
  readonly most: string;
  /** /proc/sys/kernel/unprivileged_userns_clone (Debian, Ubuntu); '' if there is no such setting. */
  readonly debianClone: string;
  /** /proc/sys/kernel/apparmor_restrict_unprivileged_userns (Ubuntu) */
  readonly appArmor: string;
  /** The binary that makes the namespaces, for an AppArmor profile. */
  readonly binary: string;
}

const prefix = 'containers without root need a user namespace, and ';

/** Why no user namespace could be made, and the command that changes this. Pure. `said`: the kernel's message. */
export function namespaceRefusal(said: string, facts: NamespaceFacts): TcomposeError {
  const refusal = (why: string, hint: string) =>
    new TcomposeError('ENGINE_ROOTLESS', `${prefix}${why}`, { hint });
  if (facts.most === '0')
    return refusal(
      'this machine allows none (user.max_user_namespaces is 0)',
      'sudo sysctl user.max_user_namespaces=15000, or run tcompose with sudo.',
    );
  if (/no space left/i.test(said))
    return refusal(
      `as many exist as this machine allows (user.max_user_namespaces is ${facts.most})`,
      `sudo sysctl user.max_user_namespaces=${Math.max(15_000, 2 * Number(facts.most))}, or run tcompose with sudo.`,
    );
  if (facts.debianClone === '0')
    return refusal(
      'on this machine only root may make one (kernel.unprivileged_userns_clone is 0)',
      'sudo sysctl kernel.unprivileged_userns_clone=1, or run tcompose with sudo.',
    );
  if (facts.appArmor === '1')
    return refusal(
      `AppArmor restricts those of ${facts.binary}`,
      `Allow them for that program: ${appArmorCommand(facts.binary)}; or run tcompose with sudo.`,
    );
  return refusal(
    `none could be made: ${said}`,
    'Inside of a container that often takes --privileged, or a seccomp profile that allows it. Or run tcompose with sudo.',
  );
}

/** A process whose group is not that of its account (newgrp, sg): newgidmap gives it no ids. Pure. */
export const groupRefusal = (user: string, own: number, current: number): TcomposeError =>
  new TcomposeError(
    'ENGINE_ROOTLESS',
    `an engine of your own is started with the group of your account (${own}), and this process has group ${current}`,
    {
      hint: `End the shell that newgrp made, or begin with: sg "$(id -gn ${user})" -c 'tcompose system info'. While the engine runs, any group will do.`,
    },
  );

/** Two commands that give the binary an AppArmor profile that allows user namespaces. */
const appArmorCommand = (binary: string): string =>
  `printf 'abi <abi/4.0>,\\nprofile tcompose %s flags=(unconfined) { userns, }\\n' ${binary} | sudo tee /etc/apparmor.d/tcompose && sudo apparmor_parser -r /etc/apparmor.d/tcompose`;

/** What gives a user ids for containers, beside the package uidmap. Pure. */
export const giveIds = (user: string, free: { readonly first: number; readonly last: number }): string =>
  `sudo usermod --add-subuids ${free.first}-${free.last} --add-subgids ${free.first}-${free.last} ${user}` +
  ' (and the package uidmap)';

/** The one sentence of warning about missing ids. Pure. */
export const oneIdWarning = (why: string, remedy: string): string =>
  `${why}: containers have one user id, and all files in them are yours. For images with several users: ${remedy}, ` +
  'then `tcompose engine stop`';
