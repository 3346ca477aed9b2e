/** Proxies as the environment of a command has them; absent: none. Values as they were written, with or without a scheme. */
export interface ProxySettings {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  readonly allProxy?: string;
  readonly noProxy?: string;
}

const names: Readonly<Record<keyof ProxySettings, string>> = {
  httpProxy: 'HTTP_PROXY',
  httpsProxy: 'HTTPS_PROXY',
  allProxy: 'ALL_PROXY',
  noProxy: 'NO_PROXY',
};

/** The variable that a setting stands for, for messages. */
export const variableOf = (setting: keyof ProxySettings): string => names[setting];

/** The proxies of an environment; the lower-case name counts where both are set, as in curl. */
export function proxiesOfEnvironment(env: Readonly<Record<string, string | undefined>>): ProxySettings {
  const found = Object.entries(names).flatMap(([key, name]) => {
    const value = env[name.toLowerCase()] || env[name];
    return value ? [[key, value.trim()]] : [];
  });
  return Object.fromEntries(found) as ProxySettings;
}
