/** Proxies from a command's environment; absent: none. Values as written, with or without a scheme. */
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

/** The variable for a setting, for messages. */
export const variableOf = (setting: keyof ProxySettings): string => names[setting];

/** The proxies of an environment; if both are set, the lower-case name counts, as in curl. */
export function proxiesOfEnvironment(env: Readonly<Record<string, string | undefined>>): ProxySettings {
  const found = Object.entries(names).flatMap(([key, name]) => {
    const value = env[name.toLowerCase()] || env[name];
    return value ? [[key, value.trim()]] : [];
  });
  return Object.fromEntries(found) as ProxySettings;
}
