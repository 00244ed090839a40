/** How tokens are checked: by the keys that their issuer publishes, or by a secret shared with it. */
export interface TokenSettings {
  readonly key: { readonly jwksUrl: string } | { readonly secret: string };
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly clockToleranceSeconds: number;
  /** The claim that holds the roles. */
  readonly rolesClaim: string;
}

export interface AccessSettings {
  /** Keys of the configuration, which may do everything. */
  readonly apiKeys: readonly string[];
  readonly tokens?: TokenSettings | undefined;
  /** How often what others changed of keys is read, and the authority behind open sockets is checked again. */
  readonly checkIntervalMs: number;
}
