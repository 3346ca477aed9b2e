import type { Info } from '../../engine/api/system.ts';
import { version } from '../../version.ts';
import { type Command, flag } from '../arguments/command.ts';
import { binarySize } from '../arguments/sizes.ts';
import { compileTemplate } from '../template/render-template.ts';

export const command: Command = {
  name: 'info',
  summary: 'Show information about the engine and its machine',
  args: {
    max: 0,
    flags: [
      {
        name: 'format',
        short: 'f',
        type: 'string',
        value: 'FORMAT',
        summary: 'json, or a Go template: {{.Path.To.Field}}, {{json .Path}}',
      },
    ],
  },
  async run(args, ctx) {
    const info = await (await ctx.engine()).system.info();
    const format = flag.str(args, 'format');
    if (format === undefined || format === '') ctx.write(infoText(info));
    else if (format === 'json') ctx.write(`${JSON.stringify(info)}\n`);
    else ctx.write(`${compileTemplate(format)(info)}\n`);
    for (const warning of info.Warnings ?? []) ctx.stderr.write(`${warning}\n`);
    return 0;
  },
};

/** The sections of the docker CLI, with what this engine has. Pure. */
export function infoText(info: Info): string {
  const runtimes = Object.keys(info.Runtimes ?? {}).sort();
  return `Client:
 Version:    ${version}

Server:
 Containers: ${info.Containers}
  Running: ${info.ContainersRunning}
  Paused: ${info.ContainersPaused}
  Stopped: ${info.ContainersStopped}
 Images: ${info.Images}
 Server Version: ${info.ServerVersion}
 Storage Driver: ${info.Driver}
${(info.DriverStatus ?? []).map(([name, value]) => `  ${name}: ${value}\n`).join('')} Logging Driver: ${info.LoggingDriver}
 Cgroup Driver: ${info.CgroupDriver}
 Cgroup Version: ${info.CgroupVersion}
 Plugins:
${Object.entries(info.Plugins ?? {})
  .filter(([, names]) => (names ?? []).length > 0)
  .map(([kind, names]) => `  ${kind}: ${names!.join(' ')}\n`)
  .join('')} Runtimes: ${runtimes.join(' ')}
 Default Runtime: ${info.DefaultRuntime}
 Security Options:
${(info.SecurityOptions ?? []).map((option) => `  ${option.replace(/^name=/, '')}\n`).join('')} Kernel Version: ${info.KernelVersion}
 Operating System: ${info.OperatingSystem}
 OSType: ${info.OSType}
 Architecture: ${info.Architecture}
 CPUs: ${info.NCPU}
 Total Memory: ${binarySize(info.MemTotal)}
 Name: ${info.Name}
 ID: ${info.ID}
 Docker Root Dir: ${info.DockerRootDir}
`;
}
